import { MAGIC_ACCOUNTS as EMONEY_ACCOUNTS } from '../../providers/emoney/sandbox/magic-accounts';
import { fixtureAnswer } from '../../providers/emoney/sandbox/answers';
import { MAGIC_ACCOUNTS as UPVEST_ACCOUNTS } from '../../providers/upvest/sandbox/magic';
import { type ProblemSlug, problemReply } from '../../providers/upvest/sandbox/problems';
import { mayBeApplied } from '../../src/domain/closure';
import type { SandboxStep } from '../../src/provider-kit/sandbox';
import type { FaultName } from '../../src/provider-kit/sandbox-faults';
import type { CloseInput } from '../support/gateway';
import type { StoredClosure } from './checker';
import type { ProviderName } from './fault-bench';

/** What else is asked for than the closing of an account by itself. */
export interface Wish extends Pick<CloseInput, 'announceOnly' | 'includeAccounts' | 'liquidatePositions'> {
  /** A group with so many accounts; closed before, unless they are to be closed with it. Default: an account. */
  group?: { accounts: number };
  /** What the requests to sell meet in turn, and where the sale ends with nothing killed. */
  sale?: { meets?: readonly SandboxStep[]; ends: 'SETTLED' | 'REFUSED' };
}

/** What a provider makes of one closing, and where it ends with nothing killed. */
export interface Outcome {
  provider: ProviderName;
  name: string;
  /** What the close requests meet in turn; afterwards they are treated normally. */
  closes?: readonly SandboxStep[];
  tokens?: readonly SandboxStep[];
  /** How long the investment provider takes to close. Default: less than the first wait for a poll, ms. */
  closingMs?: number;
  /** It tells the gateway by webhooks too. */
  webhooks?: boolean;
  ends: 'CLOSED' | 'ANNOUNCED' | 'REJECTED' | 'NEEDS_REVIEW';
  /** Refused every time: a request left in doubt is never proven without effect, and a person decides. */
  forGood?: boolean;
  accountId?: string;
  closedBefore?: boolean;
  /** Killed while the provider has a request, too. */
  alsoAtProvider?: boolean;
  /** What else is asked for. Default: nothing, and the closing of an account. */
  wish?: Wish;
  /** How long a request may be in doubt, ms. Default: longer than any run, or short where nothing ends the doubt. */
  horizonMs?: number;
}

/** More than any closing asks for. */
export const always = (step: SandboxStep): SandboxStep[] => Array.from({ length: 60 }, () => step);
const standing = (name: string): string => UPVEST_ACCOUNTS.find((account) => account.name === name)?.id ?? '';
export const problem = (slug: ProblemSlug): SandboxStep => problemReply(slug, 'As the test has it.');

/** Answers that got lost, or that nobody can read; one, then a provider in good health. */
const LOST: readonly FaultName[] = [
  'reset-before',
  'reset-after',
  'hang-before',
  'hang-after',
  'applied-500',
  'html-200',
  'html-502',
  'truncated',
  'invalid-json',
  'gzip-bomb',
  'slow-drip',
  'redirect-307',
  'bare-200',
];

function common(provider: ProviderName): Outcome[] {
  return [
    { provider, name: 'taken', alsoAtProvider: true, ends: 'CLOSED' },
    { provider, name: 'token out of service', tokens: [{ status: 503 }], ends: 'CLOSED' },
    { provider, name: 'token without an answer', tokens: ['hang-before'], ends: 'CLOSED' },
    { provider, name: 'throttled-seconds', closes: ['throttled-seconds'], ends: 'CLOSED' },
    { provider, name: 'down-nonsense', closes: ['down-nonsense'], ends: 'CLOSED' },
    { provider, name: 'teapot', closes: always('teapot'), ends: 'REJECTED', forGood: true },
    ...LOST.map((name): Outcome => ({ provider, name, closes: [name], ends: 'CLOSED' })),
  ];
}

/** Every answer of the contract's table, for each provider as it says it. */
export const OUTCOMES: readonly Outcome[] = [
  ...common('upvest'),
  { provider: 'upvest', name: 'taken, and long closing', closingMs: 300, ends: 'CLOSED' },
  { provider: 'upvest', name: 'lost, and long closing', closes: ['reset-after'], closingMs: 300, ends: 'CLOSED' },
  { provider: 'upvest', name: 'taken, with webhooks', webhooks: true, ends: 'CLOSED' },
  { provider: 'upvest', name: 'lost, with webhooks', closes: ['reset-after'], webhooks: true, ends: 'CLOSED' },
  { provider: 'upvest', name: 'told by webhooks before a late answer', closes: ['hang-after'], webhooks: true, ends: 'CLOSED' },
  { provider: 'upvest', name: 'refused', closes: always(problem('not_found')), ends: 'REJECTED', forGood: true },
  { provider: 'upvest', name: 'forbidden', closes: always(problem('forbidden')), ends: 'REJECTED', forGood: true },
  { provider: 'upvest', name: 'unexplained conflict', closes: always(problem('conflict')), ends: 'REJECTED', forGood: true },
  { provider: 'upvest', name: 'blocked', accountId: standing('locked'), ends: 'REJECTED', forGood: true },
  { provider: 'upvest', name: 'closed before', accountId: standing('closed'), closedBefore: true, ends: 'REJECTED', forGood: true },
  { provider: 'upvest', name: '401 once', closes: [problem('unauthorised')], ends: 'CLOSED' },
  { provider: 'upvest', name: '401 twice', closes: [problem('unauthorised'), problem('unauthorised')], ends: 'CLOSED' },
  { provider: 'upvest', name: 'documented 503', closes: [problem('unavailable')], ends: 'CLOSED' },
  { provider: 'upvest', name: 'documented 500', closes: [problem('internal')], ends: 'CLOSED' },
  { provider: 'upvest', name: 'unexpected 204', closes: ['bare-204'], ends: 'CLOSED' },
  ...common('emoney'),
  { provider: 'emoney', name: 'refused', closes: always(fixtureAnswer('404-account-not-found')), ends: 'REJECTED', forGood: true },
  { provider: 'emoney', name: 'forbidden', closes: always(fixtureAnswer('403-forbidden')), ends: 'REJECTED', forGood: true },
  { provider: 'emoney', name: 'unexplained conflict', closes: always(fixtureAnswer('409-conflict')), ends: 'REJECTED', forGood: true },
  { provider: 'emoney', name: 'blocked', accountId: EMONEY_ACCOUNTS.positive.preset.uuid, ends: 'REJECTED', forGood: true },
  { provider: 'emoney', name: 'closed before', accountId: EMONEY_ACCOUNTS.closed.preset.uuid, closedBefore: true, ends: 'REJECTED', forGood: true },
  { provider: 'emoney', name: '401 once', closes: [fixtureAnswer('401-unauthorized')], ends: 'CLOSED' },
  { provider: 'emoney', name: '401 twice', closes: [fixtureAnswer('401-unauthorized'), fixtureAnswer('401-unauthorized')], ends: 'CLOSED' },
  { provider: 'emoney', name: 'documented 503', closes: [fixtureAnswer('503-service-error')], ends: 'CLOSED' },
  { provider: 'emoney', name: 'documented 500', closes: [fixtureAnswer('500-internal-server-error')], ends: 'CLOSED' },
  { provider: 'emoney', name: 'unexpected 202', closes: ['bare-202'], ends: 'CLOSED' },
];

/**
 * Whether the contract lets the closing end there. A kill, or a machine that is too busy to answer in time, may leave a
 * request in doubt: then a refusal proves nothing, and an account that was closed before may as well have been closed by it.
 */
export function mayEnd({ ends, forGood, closedBefore }: Outcome, ended: string, stored: readonly Pick<StoredClosure, 'closure' | 'attempts'>[]): boolean {
  if (ended === ends) return true;
  const isInDoubt = stored.some(({ attempts }) => attempts.some(mayBeApplied));
  // Refused, and no read explained it in time.
  const isUnexplained = stored.some(({ closure }) => closure.pendingRead !== null);
  if (ended === 'NEEDS_REVIEW') return forGood === true && (isInDoubt || isUnexplained);
  return closedBefore === true && ended === 'CLOSED' && isInDoubt;
}
