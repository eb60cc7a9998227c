import type { AccountInput, AccountRef } from '../domain/account';
import type { Caller } from '../domain/caller';
import { type ClosureErrorDetails, closureError, InputRefused } from '../domain/closure-error';
import type { ClosureErrorCode } from '../domain/error-code';
import type { AccountRead, AccountSeen } from '../domain/outcome';
import type { EngineParts } from './driver';
import { checkAccount } from './intake';
import type { Eligibility } from './service';

/** Would the provider accept a close now? A live read; nothing is stored and nothing changes anywhere. */
export async function checkEligibility(parts: EngineParts, caller: Caller, input: AccountInput): Promise<Eligibility> {
  const empty: Eligibility = { account: null, eligible: null, providerStatus: null, blockers: [], error: null, checkedAt: parts.clock.now() };
  try {
    const { provider, account, kind } = checkAccount(parts.providers, caller, input);
    const details = { provider: provider.id };
    if (kind.eligibility === 'NONE') {
      const error = closureError('UNSUPPORTED_BY_PROVIDER', `Accounts of ${provider.displayName} cannot be read.`, caller.correlationId, details);
      return { ...empty, account, error };
    }
    const read = await provider.adapter.readAccount(account, { correlationId: caller.correlationId, purpose: 'ELIGIBILITY', blockers: true });
    return { ...judge(account, read, caller, details), checkedAt: parts.clock.now() };
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    return { ...empty, error: closureError(error.code, error.message, caller.correlationId, { field: [...error.field] }) };
  }
}

function judge(account: AccountRef, read: AccountRead, caller: Caller, details: ClosureErrorDetails): Omit<Eligibility, 'checkedAt'> {
  const evidence = { ...details, providerErrors: read.providerErrors ?? [], providerRequestId: read.requestId };
  const fail = (code: ClosureErrorCode, message: string) => closureError(code, message, caller.correlationId, evidence);
  if (!read.ok) {
    const retryAfterSeconds = read.retryAfterMs === undefined ? undefined : Math.ceil(read.retryAfterMs / 1000);
    return { account, eligible: null, providerStatus: null, blockers: [], error: { ...fail(read.code, read.message), retryAfterSeconds } };
  }
  const seen = { account, providerStatus: read.providerStatus ?? null, blockers: read.blockers };
  const refusal = whyNot(read);
  if (refusal) return { ...seen, eligible: refusal.eligible, error: fail(refusal.code, refusal.message) };
  return { ...seen, eligible: !read.blockers.some(({ stage }) => stage === 'REQUEST'), error: null };
}

function whyNot(read: AccountSeen): { eligible: false | null; code: ClosureErrorCode; message: string } | null {
  switch (read.state) {
    case 'CLOSED':
      return { eligible: false, code: 'ACCOUNT_ALREADY_CLOSED', message: 'The account is closed.' };
    case 'CLOSING':
    case 'SCHEDULED':
    case 'ACTION_REQUIRED':
      return { eligible: false, code: 'ACCOUNT_STATE_CONFLICT', message: 'The account is being closed already.' };
    case 'NOT_FOUND':
      return { eligible: false, code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such account.' };
    case 'UNKNOWN':
      return { eligible: null, code: 'PROVIDER_PROTOCOL_ERROR', message: "The account's state could not be read." };
    default:
      return null;
  }
}
