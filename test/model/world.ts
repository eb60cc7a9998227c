import type { Attempt, Closure } from '../../src/domain/closure';
import type { AccountState, CloseOutcome } from '../../src/domain/outcome';
import type { Facts } from '../../src/domain/rules/situation';
import { newClosure } from '../../src/engine/new-closure';
import type { EngineSettings } from '../../src/engine/settings';
import { leaseMs } from '../../src/engine/settings';
import type { Claimed } from '../../src/ports/store';
import { QUICK } from '../support/engine';
import type { Scenario } from './scenarios';

/** One step of the model's clock, ms. A request's deadline is one step, a lease three. */
export const TICK = 5_000;
export const LAG = TICK;
export const DEADLINE = TICK;

/** As few steps as can still be told apart. */
export const SETTINGS: EngineSettings = {
  ...QUICK,
  pollMinMs: TICK,
  pollMaxMs: TICK,
  retryMinMs: TICK,
  retryMaxMs: TICK,
  reconcileHorizonMs: 4 * TICK,
  reopenGraceMs: 2 * TICK,
  providerTimeoutMs: DEADLINE,
};
export const LEASE = leaseMs(SETTINGS);
export const HORIZON = SETTINGS.reconcileHorizonMs;

/** Where a worker stands. It may stop for any time, or for good, between any two of its steps. */
export type Worker =
  | { at: 'nothing' }
  | { at: 'deciding'; claimed: Claimed; resend: boolean; tokenRefused: boolean }
  | { at: 'reading'; claimed: Claimed; began: number; tokenRefused: boolean }
  /** The mark is durable, and nothing has left. */
  | { at: 'marked'; claimed: Claimed; number: number; markedAt: number; readOpen: boolean; tokenRefused: boolean }
  | { at: 'waiting'; claimed: Claimed; number: number; tokenRefused: boolean }
  | { at: 'answered'; claimed: Claimed; number: number; outcome: CloseOutcome; tokenRefused: boolean };

/** A close request on its way to the provider; it cannot arrive after `until`, epoch ms. */
export interface Flight {
  number: number;
  until: number;
}

/** A request that the provider dealt with, and whose answer is on its way back. */
export interface Answer {
  number: number;
  outcome: CloseOutcome;
}

/** An event that the provider may deliver, so many times more. */
export interface Event {
  kind: 'closing' | 'closed' | 'changed';
  at: number;
  left: number;
}

/** What is really so, which the gateway cannot see. */
export interface Truth {
  state: AccountState;
  /** Earlier states that a read may still show, with when each ended. */
  before: readonly { state: AccountState; until: number }[];
  /** Requests of the closure that took effect, and whose effect was not undone from outside. */
  inEffect: readonly number[];
  /** How many requests took effect, and how often somebody reopened the account. */
  effective: number;
  reopenings: number;
  everClosing: boolean;
  everClosed: boolean;
  /** The provider said that a closing ended without effect. */
  everEnded: boolean;
}

/** How often the model may still do what it could do for ever. */
export interface Left {
  sends: number;
  crashes: number;
  outsideCloses: number;
  reopenings: number;
  people: number;
}

/** One state of everything: the store, the workers, the wire, the bank. Never changed in place. */
export interface World {
  now: number;
  closure: Closure;
  attempts: readonly Attempt[];
  /** Epoch ms; null: nobody has the claim. */
  leaseUntil: number | null;
  workers: readonly Worker[];
  flights: readonly Flight[];
  answers: readonly Answer[];
  events: readonly Event[];
  /** A person's refresh under way: what it saw of the closure, and when its read began. */
  refresh: { closure: Closure; began: number } | null;
  truth: Truth;
  left: Left;
}

/** A world right after the intent was recorded; its recorder has the claim. */
export function startOf(scenario: Scenario): World {
  const account = { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'acc-1' } as const;
  const now = 1_000 * TICK;
  const intent = {
    id: 'closure-1',
    tenant: 'default',
    subject: 'anna',
    idempotencyKey: 'key',
    fingerprint: '',
    account,
    lockKey: 'acc-1',
    reason: 'CUSTOMER_REQUEST',
    reasonText: null,
    reasonMapping: 'EXACT',
    initiator: 'HOLDER',
    announceOnly: scenario.announceOnly ?? false,
    liquidatePositions: false,
    includeAccounts: false,
    correlationId: 'c',
    requestedAt: now,
  } as const;
  const closure = newClosure(intent, { status: 'REQUESTED', dueAt: now });
  const recorder: Worker = { at: 'deciding', claimed: { closure, attempts: [] }, resend: false, tokenRefused: false };
  return {
    now,
    closure,
    attempts: [],
    leaseUntil: now + LEASE,
    workers: scenario.workers === 1 ? [recorder] : [recorder, { at: 'nothing' }],
    flights: [],
    answers: [],
    events: [],
    refresh: null,
    truth: { state: 'OPEN', before: [], inEffect: [], effective: 0, reopenings: 0, everClosing: false, everClosed: false, everEnded: false },
    left: { sends: 2, crashes: 1, outsideCloses: 0, reopenings: 0, people: 0, ...scenario.left },
  };
}

/** The facts that the rules are given. */
export function factsOf(scenario: Scenario, now: number): Facts {
  return {
    now,
    visibilityLagMs: scenario.weak === 'no lag' ? -DEADLINE : LAG,
    horizonMs: scenario.weak === 'no horizon' ? Number.MAX_SAFE_INTEGER / 2 : HORIZON,
    reopenGraceMs: SETTINGS.reopenGraceMs,
    canRead: scenario.canRead ?? true,
    alreadyClosedDistinct: scenario.alreadyClosedDistinct ?? false,
    sellableKinds: [],
  };
}
