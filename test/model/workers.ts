import type { Attempt } from '../../src/domain/closure';
import type { CloseOutcome } from '../../src/domain/outcome';
import { findingOf, judgeAnswer } from '../../src/domain/rules/answer';
import { nextStep } from '../../src/domain/rules/next-step';
import { judgeRead } from '../../src/domain/rules/read';
import type { Verdict } from '../../src/domain/rules/situation';
import { answerOf, changeOf } from '../../src/engine/change';
import type { EventCause } from '../../src/domain/closure';
import type { Claimed, ClosureChange, Guard } from '../../src/ports/store';
import { readable } from './bank';
import type { Scenario } from './scenarios';
import { claim, commit, keepLateAnswer } from './store';
import { DEADLINE, factsOf, LEASE, SETTINGS, type Worker, type World } from './world';

/** Something that may happen next. */
export interface Move {
  name: string;
  world: World;
}

const NOTHING: Worker = { at: 'nothing' };
const TOO_LATE: CloseOutcome = { kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x' };
const CERTAIN = { fraction: () => 0, id: () => '' };

/** Every next step of every worker, decided by the gateway's own rules. */
export function workerMoves(scenario: Scenario, world: World): Move[] {
  return world.workers.flatMap((worker, index) => {
    const at = (next: World, then: Worker): World => ({ ...next, workers: next.workers.map((one, other) => (other === index ? then : one)) });
    return movesOf(scenario, world, worker, at).map(({ name, world: next }) => ({ name: `worker ${index} ${name}`, world: next }));
  });
}

/** Gives the worker its new place in the world. */
type Place = (next: World, then: Worker) => World;

function movesOf(scenario: Scenario, world: World, worker: Worker, at: Place): Move[] {
  switch (worker.at) {
    case 'nothing': {
      const taken = claim(world, LEASE);
      if (!taken) return [];
      return [{ name: 'claims', world: at(taken.world, { at: 'deciding', claimed: taken.claimed, resend: false, tokenRefused: false }) }];
    }
    case 'deciding':
      return decide(scenario, world, worker, at);
    case 'reading':
      return readable(scenario, world, worker.began).map((read) => {
        const verdict = judgeRead(worker.claimed, read, factsOf(scenario, worker.began));
        const name = `reads ${read.ok ? read.state : 'nothing'}`;
        return { name, world: after(scenario, world, worker, verdict, 'POLL', at) };
      });
    case 'marked':
      return firstByte(scenario, world, worker, at);
    case 'waiting':
      return [{ name: `hears nothing of ${worker.number}`, world: at(world, { ...worker, at: 'answered', outcome: { kind: 'unknown', detail: 'Lost.' } }) }];
    case 'answered':
      return [{ name: `stores ${worker.outcome.kind} for ${worker.number}`, world: answered(scenario, world, worker, at) }];
  }
}

function decide(scenario: Scenario, world: World, worker: Extract<Worker, { at: 'deciding' }>, at: Place): Move[] {
  const { claimed, tokenRefused } = worker;
  const todo = nextStep(claimed, factsOf(scenario, world.now), { resend: worker.resend, saleSeen: true, gathered: false });
  if (todo.do === 'settle') return [{ name: 'settles', world: after(scenario, world, worker, todo.verdict, 'TIMER', at) }];
  if (todo.do === 'read') return [{ name: 'begins to read', world: at(world, { at: 'reading', claimed, began: world.now, tokenRefused }) }];
  if (world.left.sends === 0) return [];
  const mark: Attempt = { number: claimed.closure.attempts + 1, markedAt: world.now, deadlineMs: DEADLINE, effect: 'MARKED', answeredAt: null, evidence: {} };
  const change: ClosureChange = {
    id: claimed.closure.id,
    guard: { fence: claimed.closure.fence },
    set: { attempts: mark.number, updatedAt: mark.markedAt },
    visible: true,
    mark,
    lease: LEASE,
  };
  const left = { ...world.left, sends: world.left.sends - 1 };
  const marked = { at: 'marked', number: mark.number, markedAt: world.now, readOpen: worker.resend, tokenRefused } as const;
  if (scenario.weak === 'no mark') return [{ name: 'sends unmarked', world: at({ ...world, left }, { ...marked, claimed }) }];
  const next = commit(world, change, scenario.weak === 'no fence');
  if (!next) return [{ name: 'finds its claim gone', world: at(world, NOTHING) }];
  return [{ name: `marks ${mark.number}`, world: at({ ...next, left }, { ...marked, claimed: { closure: next.closure, attempts: [...claimed.attempts, mark] } }) }];
}

/** The check of the clock and the first byte are one step: nothing can come between them. */
function firstByte(scenario: Scenario, world: World, worker: Extract<Worker, { at: 'marked' }>, at: Place): Move[] {
  const { claimed, number, markedAt, tokenRefused } = worker;
  const unchecked = scenario.weak === 'unlimited pause before the first byte';
  const elapsed = world.now - markedAt;
  if (elapsed + DEADLINE < LEASE || unchecked) {
    const waits = { claimed, number, tokenRefused };
    // The exchange has to end by the deadline that the mark counts with.
    if (elapsed >= DEADLINE && !unchecked) return [{ name: `is too late for ${number}`, world: at(world, { at: 'answered', ...waits, outcome: TOO_LATE }) }];
    const flights = [...world.flights, { number, until: (unchecked ? world.now : markedAt) + DEADLINE }];
    return [{ name: `sends ${number}`, world: at({ ...world, flights }, { at: 'waiting', ...waits }) }];
  }
  const takenBack = commit(world, {
    id: claimed.closure.id,
    guard: { fence: claimed.closure.fence },
    set: { dueAt: world.now },
    visible: false,
    answers: [{ number, effect: 'NOT_SENT', answeredAt: world.now }],
    lease: 'release',
  });
  return [{ name: `takes ${number} back`, world: at(takenBack ?? world, NOTHING) }];
}

function answered(scenario: Scenario, world: World, worker: Extract<Worker, { at: 'answered' }>, at: Place): World {
  const { claimed, number } = worker;
  const outcome: CloseOutcome =
    scenario.weak === 'a lost answer is a refusal' && worker.outcome.kind === 'unknown'
      ? { kind: 'rejected', code: 'PROVIDER_TIMEOUT', message: 'x' }
      : worker.outcome;
  const facts = factsOf(scenario, world.now);
  const judged = judgeAnswer(claimed, number, outcome, facts);
  const refresh = outcome.kind === 'authFailed' && !worker.tokenRefused;
  const verdict: Verdict = refresh ? { ...judged, next: { kind: 'now' } } : judged;
  const next = write(world, claimed, verdict, 'RESPONSE', { fence: claimed.closure.fence }, scenario.weak === 'no fence');
  if (next) return at(next, goesOn(next, claimed, verdict, refresh, refresh));
  // The claim is gone: the answer is weighed against what is stored now, or kept as evidence.
  const { closure, attempts } = world;
  const finding = answerOf(findingOf(number, outcome), world.now);
  if (closure.status !== 'REQUESTED' && closure.status !== 'UNCONFIRMED') return at(keepLateAnswer(world, finding), NOTHING);
  const late = judgeAnswer({ closure, attempts }, number, outcome, facts);
  return at(write(world, { closure, attempts: [...attempts] }, late, 'RESPONSE', { version: closure.version }) ?? world, NOTHING);
}

/** A worker's write, and where it goes on. */
function after(scenario: Scenario, world: World, worker: Extract<Worker, { at: 'deciding' | 'reading' }>, verdict: Verdict, cause: EventCause, at: Place): World {
  const { claimed, tokenRefused } = worker;
  const next = write(world, claimed, verdict, cause, { fence: claimed.closure.fence }, scenario.weak === 'no fence');
  return next ? at(next, goesOn(next, claimed, verdict, verdict.resend ?? false, tokenRefused)) : at(world, NOTHING);
}

function goesOn(world: World, { attempts }: Claimed, verdict: Verdict, resend: boolean, tokenRefused: boolean): Worker {
  if (verdict.next.kind !== 'now') return NOTHING;
  const known = attempts.map((attempt) => {
    const finding = verdict.findings?.find(({ number }) => number === attempt.number);
    return finding ? { ...attempt, effect: finding.effect, answeredAt: world.now } : attempt;
  });
  return { at: 'deciding', claimed: { closure: world.closure, attempts: known }, resend, tokenRefused };
}

/** One write of a verdict on what its writer saw; null: the guard did not hold. */
export function write(world: World, { closure }: Claimed, verdict: Verdict, cause: EventCause, guard: Guard, unfenced = false): World | null {
  const lease = 'fence' in guard && verdict.next.kind === 'now' ? LEASE : 'release';
  return commit(world, changeOf(closure, verdict, { guard, lease, cause, now: world.now, settings: SETTINGS, random: CERTAIN }), unfenced);
}
