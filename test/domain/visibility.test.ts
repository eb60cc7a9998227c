import { type Blocker, inOrder } from '../../src/domain/blocker';
import { type Caller, SCOPES } from '../../src/domain/caller';
import { closureError } from '../../src/domain/closure-error';
import type { ClosureEvent } from '../../src/domain/closure';
import { CLOSURE_REASONS, isSensitive } from '../../src/domain/reason';
import { blockerFilterFor, closureAsSeenBy, eventsAsSeenBy } from '../../src/domain/visibility';
import { closureRecord, firstEvent } from '../support/closure-record';

const operator: Caller = { tenant: 'default', subject: 'olga', scopes: new Set(SCOPES), correlationId: 'c' };
const app: Caller = { tenant: 'default', subject: 'app', scopes: new Set(['closures:read', 'closures:write']), correlationId: 'c' };

const hold: Blocker = { code: 'COMPLIANCE_HOLD', message: 'AML case', stage: 'REQUEST', resolvableBy: 'NOBODY', selfResolving: false, amount: '5', currency: 'EUR', relatedIds: ['case-77'] };
const providerErrors = [{ code: 'AML_HOLD', message: 'account under AML hold' }];
const error = closureError('CLOSURE_BLOCKED', 'Blocked.', 'c', { blockers: [hold], providerErrors });
const base = { providerStatus: 'AML_REVIEW', requiredAction: { type: 'SOURCE_OF_FUNDS' }, blockers: [hold], error, idempotencyKey: 'a-key-of-somebody' };

describe('what a caller without closures:operate sees', () => {
  it.each(CLOSURE_REASONS.filter(isSensitive))('%s looks as an ordinary closure does', (reason) => {
    const sensitive = closureRecord({ ...base, reason, reasonText: 'secret', initiator: 'AUTHORITY', reasonMapping: 'LOSSY' });
    const ordinary = { ...sensitive, reason: 'OTHER', reasonText: null, initiator: 'PROVIDER', reasonMapping: 'EXACT' } as const;
    const shown = closureAsSeenBy(app, sensitive, 'NOT_SENT');
    expect(shown).toEqual(closureAsSeenBy(app, ordinary, 'NOT_SENT'));
    expect(JSON.stringify(shown)).not.toMatch(/AML|case-77|secret|SOURCE_OF_FUNDS|AUTHORITY|somebody/);
  });

  it('a hold is a review on any account: neither its name nor anything that came with it', () => {
    const shown = closureAsSeenBy(app, closureRecord({ ...base, reason: 'CUSTOMER_REQUEST' }), 'EXACT');
    expect(shown.reason).toBe('CUSTOMER_REQUEST');
    expect(shown.blockers).toEqual([
      { code: 'MANUAL_REVIEW', message: 'The provider is reviewing the account.', stage: 'REQUEST', resolvableBy: 'PROVIDER', selfResolving: false, relatedIds: [] },
    ]);
    expect(JSON.stringify(shown)).not.toMatch(/AML|case-77|SOURCE_OF_FUNDS/);
  });

  it('neither the order nor the number of blockers tells a hold from a review', () => {
    const restricted: Blocker = { ...hold, code: 'ACCOUNT_RESTRICTED', relatedIds: [] };
    const seenOf = (...codes: Blocker['code'][]) => {
      const blockers = inOrder([restricted, ...codes.map((code) => ({ ...hold, code }))]);
      const blockersUnknown = ['DISPUTE' as const, ...codes].toSorted();
      const { blockers: shown, blockersUnknown: unknown } = closureAsSeenBy(app, closureRecord({ status: 'CLOSING', blockers, blockersUnknown }), 'EXACT');
      return [shown.map(({ code }) => code), unknown];
    };
    const review = [['ACCOUNT_RESTRICTED', 'MANUAL_REVIEW'], ['DISPUTE', 'MANUAL_REVIEW']];
    expect(seenOf('MANUAL_REVIEW')).toEqual(review);
    expect(seenOf('LEGAL_HOLD')).toEqual(review);
    expect(seenOf('COMPLIANCE_HOLD', 'LEGAL_HOLD')).toEqual(review);
  });

  it("the history keeps its steps and loses its words, and a person's note is for operations alone", () => {
    const note: ClosureEvent = { ...firstEvent(closureRecord()), cause: 'OPERATOR', detail: 'SAR filed' };
    const step: ClosureEvent = { ...note, cause: 'POLL', detail: 'The account was closing.' };
    expect(eventsAsSeenBy(app, closureRecord({ reason: 'OTHER' }), [note, step]).map(({ detail }) => detail)).toEqual([null, step.detail]);
    expect(eventsAsSeenBy(app, closureRecord({ reason: 'FRAUD' }), [note, step]).map(({ detail }) => detail)).toEqual([null, null]);
    expect(eventsAsSeenBy(operator, closureRecord({ reason: 'FRAUD' }), [note, step])).toEqual([note, step]);
  });

  it('the evidence that the audit trail keeps is none of the history', () => {
    const event: ClosureEvent = { ...firstEvent(closureRecord()), evidence: { providerStatus: 'AML_REVIEW', providerErrors } };
    expect(JSON.stringify(eventsAsSeenBy(app, closureRecord(), [event]))).not.toContain('AML');
  });

  it('a filter finds a hold under the name it is shown by, and under no other', () => {
    expect(blockerFilterFor(app, ['COMPLIANCE_HOLD', 'OPEN_ORDERS'])).toEqual(['OPEN_ORDERS']);
    expect(blockerFilterFor(app, ['MANUAL_REVIEW'])).toEqual(['MANUAL_REVIEW', 'COMPLIANCE_HOLD', 'LEGAL_HOLD']);
    expect(blockerFilterFor(operator, ['LEGAL_HOLD'])).toEqual(['LEGAL_HOLD']);
  });
});

it('nobody is shown what the last look left of a closing that has ended', () => {
  for (const caller of [app, operator]) {
    expect(closureAsSeenBy(caller, closureRecord({ status: 'CLOSED', blockersUnknown: ['OTHER'] }), 'EXACT').blockersUnknown).toBeNull();
    expect(closureAsSeenBy(caller, closureRecord({ status: 'CLOSING', blockersUnknown: ['OTHER'] }), 'EXACT').blockersUnknown).toEqual(['OTHER']);
  }
});

it('an operator sees everything but the keys of others', () => {
  const closure = closureRecord({ ...base, reason: 'FRAUD' });
  expect(closureAsSeenBy(operator, closure, 'NOT_SENT')).toEqual({ ...closure, idempotencyKey: null });
  expect(closureAsSeenBy({ ...operator, subject: closure.subject }, closure, 'NOT_SENT')).toEqual(closure);
});
