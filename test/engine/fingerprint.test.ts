import { createHash } from 'node:crypto';
import type { Closure } from '../../src/domain/closure';
import { checkCloseInput, isRecordedInput } from '../../src/engine/intake';
import type { CloseAccountInput } from '../../src/engine/service';
import type { KindCapabilities } from '../../src/ports/provider';
import { CALLER } from '../support/engine';
import { ScriptedProvider } from '../support/scripted-provider';

/**
 * The fingerprint of an input is stored with its key for as long as its closure lives and 90 days more, and a later version
 * of the gateway compares its own with it. So these are written down: whoever changes one makes every key that is stored
 * answer IDEMPOTENCY_KEY_REUSED to a caller who asks the same again.
 */
const ACCOUNT: KindCapabilities = {
  kind: 'ACCOUNT',
  idTypes: ['PROVIDER_ID', 'BBAN'],
  defaultIdType: 'PROVIDER_ID',
  completion: 'ASYNC',
  reasonMode: 'TEXT',
  announceOnly: true,
  liquidatePositions: true,
  eligibility: 'BY_READS',
};
const bank = new ScriptedProvider({ kinds: [ACCOUNT, { ...ACCOUNT, kind: 'ACCOUNT_GROUP', childKind: 'ACCOUNT' }] }).configured();
const providers = { find: () => bank, all: () => [bank] };

const PLAIN: CloseAccountInput = {
  idempotencyKey: 'a-key-of-16-or-more',
  account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' },
  reason: 'CUSTOMER_REQUEST',
  initiator: 'HOLDER',
  announceOnly: false,
  liquidatePositions: false,
  includeAccounts: false,
};
const FULL: CloseAccountInput = {
  ...PLAIN,
  account: { provider: 'bank', kind: 'ACCOUNT_GROUP', id: 'NWBK 6016 1331 9268 19', idType: 'BBAN', country: 'GB' },
  reasonText: ' moves abroad ',
  initiator: 'PROVIDER',
  liquidatePositions: true,
  includeAccounts: true,
};
const ANNOUNCED: CloseAccountInput = { ...PLAIN, announceOnly: true };

const fingerprint = (input: CloseAccountInput): string => checkCloseInput(providers, CALLER, input).fingerprint;

const PINNED: [string, CloseAccountInput, string][] = [
  ['with nothing but what is required', PLAIN, 'c12f3f04257d5a112f785e64bb078c2f765676b9b530db7e14c1f9451ab9c6f9'],
  ['with every field that goes with it', FULL, '409eb0fb17d13915d38ef041dbbe6d326a41fd74414ec5760338071651690304'],
  ['of an announcement, with which the others do not go', ANNOUNCED, '8dd9bc8fc25deb63bf51df856585da2a976528e54f6e31e788c90c874c546407'],
];

describe('the fingerprint of an input', () => {
  it.each(PINNED)('%s is what it always was', (_, input, pinned) => {
    expect(fingerprint(input)).toBe(pinned);
  });

  it.each(PINNED)('%s is found again without its provider', (_, input, pinned) => {
    const { account } = checkCloseInput(providers, CALLER, input);
    expect(isRecordedInput(input, { account, fingerprint: pinned } as Closure)).toBe(true);
  });

  it('is of what there was before a field was added, where the field has its default', () => {
    const before = '[["account","bank:ACCOUNT:PROVIDER_ID:acc-1"],["reason","CUSTOMER_REQUEST"]]';
    expect(fingerprint(PLAIN)).toBe(createHash('sha256').update(before).digest('hex'));
    // A caller of that time did not have the later fields, and one of today may leave out what has a default.
    const { idempotencyKey, account, reason, initiator } = PLAIN;
    expect(fingerprint({ idempotencyKey, account, reason, initiator } as CloseAccountInput)).toBe(fingerprint(PLAIN));
    const spelledOut = { ...account, idType: 'PROVIDER_ID', country: null } as const;
    expect(fingerprint({ ...PLAIN, account: spelledOut, reasonText: '  ' })).toBe(fingerprint(PLAIN));
  });

  it.each([
    ['reason', PLAIN, { reason: 'OTHER' }],
    ['text', PLAIN, { reasonText: 'x' }],
    ['initiator', PLAIN, { initiator: 'PARTNER' }],
    ['account', PLAIN, { account: { ...PLAIN.account, id: 'acc-2' } }],
    ['kind of account', PLAIN, { account: { ...PLAIN.account, kind: 'ACCOUNT_GROUP' } }],
    ['wish to announce', PLAIN, { announceOnly: true }],
    ['wish to sell', FULL, { liquidatePositions: false }],
    ['wish for the accounts of a group', FULL, { includeAccounts: false }],
  ] as [string, CloseAccountInput, Partial<CloseAccountInput>][])('is another one with another %s', (_, input, change) => {
    expect(fingerprint({ ...input, ...change })).not.toBe(fingerprint(input));
  });
});
