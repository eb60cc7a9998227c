import type { AccountInput, AccountRef } from '../domain/account';
import { inOrder } from '../domain/blocker';
import type { Caller } from '../domain/caller';
import { type ClosureError, type ClosureErrorDetails, closureError, InputRefused } from '../domain/closure-error';
import type { ClosureErrorCode } from '../domain/error-code';
import type { AccountRead, AccountSeen, ReadFailed } from '../domain/outcome';
import type { Access } from './access';
import type { EngineParts } from './driver';
import { checkAccount } from './intake';
import type { Reader } from './reader';
import type { Eligibility } from './service';

/** Would the provider accept a close now? A live read; nothing is stored and nothing changes anywhere. */
export async function checkEligibility(parts: EngineParts, reader: Reader, access: Access, caller: Caller, input: AccountInput): Promise<Eligibility> {
  const empty: Eligibility = { account: null, eligible: null, providerStatus: null, blockers: [], error: null, checkedAt: parts.clock.now() };
  try {
    const { provider, account, kind } = checkAccount(parts.providers, caller, input);
    const details = { provider: provider.id };
    if (kind.eligibility === 'NONE') {
      const error = closureError('UNSUPPORTED_BY_PROVIDER', `Accounts of ${provider.displayName} cannot be read.`, caller.correlationId, details);
      return { ...empty, account, error };
    }
    const refusal = await access.refusal(caller, 'read', account);
    if (refusal) return { ...empty, account, error: refusal };
    const { read, at } = await reader.read(provider, account, caller.correlationId);
    return { ...judge(account, read, caller, details), checkedAt: at };
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    return { ...empty, error: closureError(error.code, error.message, caller.correlationId, { field: [...error.field] }) };
  }
}

function judge(account: AccountRef, read: AccountRead, caller: Caller, details: ClosureErrorDetails): Omit<Eligibility, 'checkedAt'> {
  const fail = (code: ClosureErrorCode, message: string, evidence: ReadFailed | AccountSeen): ClosureError =>
    closureError(code, message, caller.correlationId, {
      ...details,
      providerErrors: evidence.providerErrors ?? [],
      providerRequestId: evidence.requestId,
      ...(!evidence.ok && evidence.retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(evidence.retryAfterMs / 1000) }),
    });
  if (!read.ok) return { account, eligible: null, providerStatus: null, blockers: [], error: fail(read.code, read.message, read) };
  const { blockers, blockersUnknown: unknown } = read;
  const seen = { account, providerStatus: read.providerStatus ?? null, blockers: inOrder(blockers) };
  const refusal = whyNot(read);
  if (refusal) return { ...seen, eligible: refusal.eligible, error: fail(refusal.code, refusal.message, read) };
  if (blockers.some(({ stage }) => stage === 'REQUEST')) return { ...seen, eligible: false, error: null };
  return unknown ? { ...seen, eligible: null, error: fail(unknown.code, unknown.message, unknown) } : { ...seen, eligible: true, error: null };
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
