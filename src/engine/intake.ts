import { createHash } from 'node:crypto';
import { type AccountInput, type AccountRef, canonicalAccount, closureRef, FORMER_ID_RULES, lockKey } from '../domain/account';
import type { Caller } from '../domain/caller';
import type { Closure } from '../domain/closure';
import { InputRefused } from '../domain/closure-error';
import type { ReasonMapping } from '../domain/reason';
import type { ConfiguredProvider, KindCapabilities, ProviderRegistry } from '../ports/provider';
import type { CloseAccountInput } from './service';

/** Input that passed every check that needs no I/O. */
export interface Intake {
  provider: ConfiguredProvider;
  account: AccountRef;
  lockKey: string;
  reasonText: string | null;
  reasonMapping: ReasonMapping;
  fingerprint: string;
}

const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{16,64}$/;
/** For providers that set no tighter bound. */
const MAX_TEXT_LENGTH = 1_000;

/** True where the provider exists for the caller. */
export function mayUse(caller: Caller, provider: ConfiguredProvider): boolean {
  return provider.tenants === '*' || provider.tenants.has(caller.tenant);
}

/**
 * An account reference, checked against what its provider takes.
 * @throws InputRefused (UNKNOWN_PROVIDER, UNSUPPORTED_BY_PROVIDER, INVALID_INPUT), the field below the input
 */
export function checkAccount(
  providers: ProviderRegistry,
  caller: Caller,
  input: AccountInput,
): { provider: ConfiguredProvider; account: AccountRef; kind: KindCapabilities } {
  const provider = providers.find(input.provider);
  if (!provider || !mayUse(caller, provider)) {
    throw new InputRefused('UNKNOWN_PROVIDER', 'No provider of that id is configured.', ['account', 'provider']);
  }
  const { capabilities } = provider.adapter;
  const kind = capabilities.kinds.find((one) => one.kind === input.kind);
  if (!kind) throw unsupported(`${provider.displayName} has no accounts of kind ${input.kind}.`, ['account', 'kind']);
  const idType = input.idType ?? kind.defaultIdType;
  if (!kind.idTypes.includes(idType)) {
    throw unsupported(`${provider.displayName} does not take ids of type ${idType} for ${input.kind}.`, ['account', 'idType']);
  }
  return { provider, kind, account: canonicalAccount(input, idType, capabilities.idRules) };
}

/** @throws InputRefused (INVALID_INPUT at idempotencyKey) */
export function checkIdempotencyKey(key: string): void {
  if (IDEMPOTENCY_KEY.test(key)) return;
  throw new InputRefused('INVALID_INPUT', 'The idempotency key must be 16 to 64 characters of A-Z, a-z, 0-9, _ and -.', ['idempotencyKey']);
}

/**
 * Everything about a close request that can be checked before anything is recorded.
 * @throws InputRefused as {@link checkAccount}, and for the other fields
 */
export function checkCloseInput(providers: ProviderRegistry, caller: Caller, input: CloseAccountInput): Intake {
  checkIdempotencyKey(input.idempotencyKey);
  const { provider, account, kind } = checkAccount(providers, caller, input.account);
  if (input.announceOnly && !kind.announceOnly) {
    throw unsupported(`${provider.displayName} cannot be told of an intended closing of ${kind.kind}.`, ['announceOnly']);
  }
  if (input.includeAccounts && !kind.childKind) {
    throw unsupported(`${provider.displayName} has no accounts below an ${kind.kind} that could be closed with it.`, ['includeAccounts']);
  }
  const sellable = input.includeAccounts ? childOf(provider, kind) : kind;
  if (input.liquidatePositions && !sellable?.liquidatePositions) {
    throw unsupported(`${provider.displayName} cannot sell positions of ${kind.kind}.`, ['liquidatePositions']);
  }
  if (input.announceOnly && input.liquidatePositions) {
    throw new InputRefused('INVALID_INPUT', 'An announcement sells nothing.', ['liquidatePositions']);
  }
  if (input.announceOnly && input.includeAccounts) {
    throw new InputRefused('INVALID_INPUT', 'An announcement closes no accounts.', ['includeAccounts']);
  }
  const reasonText = checkReasonText(input.reasonText, kind, provider);
  return {
    provider,
    account,
    lockKey: lockKey(account, provider.adapter.capabilities.kindsShareIds),
    reasonText,
    reasonMapping: provider.adapter.mapReason({ account, reason: input.reason, reasonText, announceOnly: input.announceOnly }),
    fingerprint: fingerprintOf(input, account, reasonText),
  };
}

/** What the accounts of a group can do; undefined where the kind is none. */
function childOf(provider: ConfiguredProvider, { childKind }: KindCapabilities): KindCapabilities | undefined {
  return provider.adapter.capabilities.kinds.find(({ kind }) => kind === childKind);
}

/**
 * True where the input is what a closure was recorded for, told without its provider: that may have left the
 * configuration or have tightened its rules since.
 */
export function isRecordedInput(input: CloseAccountInput, recorded: Closure): boolean {
  try {
    const account = canonicalAccount(input.account, input.account.idType ?? recorded.account.idType, FORMER_ID_RULES);
    return fingerprintOf(input, account, input.reasonText?.trim() || null) === recorded.fingerprint;
  } catch (error) {
    if (error instanceof InputRefused) return false;
    throw error;
  }
}

function checkReasonText(given: string | null | undefined, kind: KindCapabilities, provider: ConfiguredProvider): string | null {
  const text = given?.trim();
  if (!text) return null;
  if (kind.reasonMode !== 'TEXT') throw unsupported(`${provider.displayName} takes no free text for ${kind.kind}.`, ['reasonText']);
  const { maxLength, pattern } = kind.reasonText ?? { maxLength: MAX_TEXT_LENGTH, pattern: /^\P{Cc}*$/u };
  if (text.length > maxLength) throw new InputRefused('INVALID_INPUT', `The text is longer than ${maxLength} characters.`, ['reasonText']);
  if (!pattern.test(text)) throw new InputRefused('INVALID_INPUT', 'The text has characters that the provider does not take.', ['reasonText']);
  return text;
}

function unsupported(message: string, field: string[]): InputRefused {
  return new InputRefused('UNSUPPORTED_BY_PROVIDER', message, field);
}

/** Defaults are left out, so that a field added later does not change the fingerprints of stored keys. */
function fingerprintOf(input: CloseAccountInput, account: AccountRef, reasonText: string | null): string {
  const parts = [
    ['account', closureRef(account)],
    ['reason', input.reason],
    ...(reasonText === null ? [] : [['reasonText', reasonText]]),
    ...(input.initiator === 'HOLDER' ? [] : [['initiator', input.initiator]]),
    ...(input.announceOnly ? [['announceOnly', true]] : []),
    ...(input.liquidatePositions ? [['liquidatePositions', true]] : []),
    ...(input.includeAccounts ? [['includeAccounts', true]] : []),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
