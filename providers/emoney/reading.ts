import { type AccountRef, canonicalAccount, type IdRules } from '../../src/domain/account';
import { InputRefused } from '../../src/domain/closure-error';
import type { AccountRead, AccountSeen, ReadFailed } from '../../src/domain/outcome';
import { errorsArray } from '../../src/provider-kit/error-body';
import type { ProviderAnswer } from '../../src/provider-kit/http';
import { judgeRead } from '../../src/provider-kit/judge-read';
import { parseAccount, type WireAccount, type WireIdentifier } from './api';
import { balanceBlockers, ID_TYPE_WORDS, ID_TYPES, stateOf } from './mapping';
import type { Settings } from './settings';

/** From an answer to a read to what it says of the account. */

export interface ReadingContext {
  settings: Settings;
  idRules: IdRules;
  /** Epoch ms. */
  nowMs: number;
  /** Called with a status word that no setting has. */
  onUnmapped(word: string): void;
}

/** True where the token, not the account or the right to it, is what the provider refused. */
export function isTokenRefusal(answer: ProviderAnswer): boolean {
  if (answer.kind !== 'answer') return false;
  return answer.status === 401 || (answer.status === 403 && errorsArray(answer).errors.some(({ code }) => code === 'INVALID_AUTH_TOKEN'));
}

/** What the answer to a read of `account` says. */
export function accountRead(answer: ProviderAnswer, account: AccountRef, context: ReadingContext): AccountRead {
  const judged = judgeRead(answer, { dialect: errorsArray }, context);
  if (judged.kind === 'failed') {
    return isTokenRefusal(answer)
      ? { ...judged.failure, code: 'PROVIDER_AUTHENTICATION_FAILED', message: "The provider did not accept the gateway's credentials for a read." }
      : judged.failure;
  }
  if (judged.kind === 'notFound') {
    const { errors } = judged.body;
    // The address of the read is inferred from sibling pages: a 404 that does not name the account may mean the address.
    const isAccount = errors.some(({ code }) => code === 'ACCOUNT_NOT_FOUND');
    return { ...judged.evidence, ...nothing, state: isAccount ? 'NOT_FOUND' : 'UNKNOWN', providerErrors: errors };
  }
  const wire = answer.kind === 'answer' ? parseAccount(answer.body) : undefined;
  if (!wire) return unusable('The answer to a read is not an account.', judged.evidence);
  const { mismatch, aliases } = identifiersOf(wire, account, context.idRules);
  if (mismatch) return unusable('The answer to a read is about another account.', judged.evidence);

  const state = stateOf(wire.status, context.settings);
  if (state === 'UNKNOWN') context.onUnmapped(wire.status ?? '(none)');
  const { blockers, unknown } = state === 'CLOSED' ? { blockers: [], unknown: [] } : balanceBlockers(account.kind, wire);
  return {
    ...judged.evidence,
    ok: true,
    state,
    providerStatus: wire.status,
    blockers,
    ...(unknown.length > 0 && { blockersUnknown: { ...unusable('A balance is not in the answer to a read, or is not a number.', judged.evidence), codes: unknown } }),
    aliases,
  };
}

/** The read that says nothing, where reads are off. */
export const nothing: AccountSeen = { ok: true, state: 'UNKNOWN', blockers: [], aliases: [] };

function unusable(message: string, evidence: { httpStatus: number }): ReadFailed {
  return { ...evidence, ok: false, code: 'PROVIDER_PROTOCOL_ERROR', message };
}

function identifiersOf(wire: WireAccount, account: AccountRef, rules: IdRules): { mismatch: boolean; aliases: AccountRef[] } {
  const listed = [...(wire.accountIdentifiersList ?? []), ...(wire.accountIdentifiers ?? [])];
  const found = listed.flatMap((entry) => referenceOf(entry, account, rules) ?? []);
  const isAsked = (other: AccountRef): boolean => other.idType === account.idType && other.id === account.id && other.country === account.country;
  const ofSameType = found.filter((other) => other.idType === account.idType);
  return { mismatch: ofSameType.length > 0 && !ofSameType.some(isAsked), aliases: found.filter((other) => !isAsked(other)) };
}

/** An identifier in its canonical form; undefined for one that is not well-formed, which helps nobody. */
function referenceOf({ accountIdType, accountId, country }: WireIdentifier, account: AccountRef, rules: IdRules): AccountRef | undefined {
  const idType = ID_TYPES.find((type) => ID_TYPE_WORDS[type] === accountIdType?.toLowerCase());
  if (!idType || !accountId) return undefined;
  const { provider, kind } = account;
  try {
    return canonicalAccount({ provider, kind, id: accountId, country: idType === 'BBAN' ? country : undefined }, idType, rules);
  } catch (error) {
    if (error instanceof InputRefused) return undefined;
    throw error;
  }
}
