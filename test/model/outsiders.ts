import { isBeingSent, mayBeApplied } from '../../src/domain/closure';
import { canBecome, type ClosureStatus, isTerminal } from '../../src/domain/closure-status';
import { judgeNews } from '../../src/domain/rules/news';
import { judgeRead } from '../../src/domain/rules/read';
import type { Verdict } from '../../src/domain/rules/situation';
import { readable } from './bank';
import type { Scenario } from './scenarios';
import { voidLeases } from './store';
import { factsOf, TICK, type Worker, type World } from './world';
import { type Move, write } from './workers';

/** Webhooks, people, crashes and time: whatever is neither a worker nor the bank. */
export function outsiderMoves(scenario: Scenario, world: World): Move[] {
  return [...webhooks(scenario, world), ...people(scenario, world), ...crashes(world), tick(world)];
}

function webhooks(scenario: Scenario, world: World): Move[] {
  return world.events.map((event, index) => {
    const events = world.events.flatMap((one, other) => (other !== index ? one : one.left > 1 ? { ...one, left: one.left - 1 } : []));
    const told = { ...world, events };
    const judged = judgeNews(world, event, factsOf(scenario, world.now));
    // News of somebody else's closing after this closure ended makes a closure of its own, which is another world.
    const next = judged === null || judged === 'own' ? told : unclaimed(told, judged.verdict);
    return { name: `a webhook tells of ${event.kind}`, world: next };
  });
}

function people(scenario: Scenario, world: World): Move[] {
  const { closure, attempts, refresh, left } = world;
  const moves: Move[] = [];
  if (refresh) moves.push(...refreshed(scenario, world, refresh));
  if (left.people === 0) return moves;
  const asked = { ...world, left: { ...left, people: left.people - 1 } };
  for (const who of scenario.people ?? []) {
    if (who === 'cancel' && canBecome(closure.status, 'CANCELLED') && !attempts.some(mayBeApplied) && closure.status !== 'CLOSING') {
      moves.push({ name: 'a person cancels', world: unclaimed(asked, { set: { status: 'CANCELLED', pendingRead: null }, next: { kind: 'never' } }) });
    }
    if (who === 'refresh' && !refresh && (!isTerminal(closure.status) || closure.status === 'CLOSED')) {
      moves.push({ name: 'a person refreshes', world: { ...asked, refresh: { closure, began: world.now } } });
    }
    if (who === 'resolve' && closure.status === 'NEEDS_REVIEW') {
      for (const outcome of ['CLOSED', 'REJECTED', 'FAILED', 'REQUESTED'] as const) {
        moves.push({ name: `a person settles ${outcome}`, world: unclaimed(asked, resolution(world, outcome)) });
      }
    }
  }
  return moves;
}

function resolution({ now, attempts }: World, status: ClosureStatus): Verdict {
  const retry = status === 'REQUESTED';
  return {
    set: {
      status,
      pendingRead: null,
      ...(retry && { closingSeenAt: null, openSeenAt: null, notFoundSince: null }),
      ...(status === 'CLOSED' && { closedAt: now }),
    },
    findings: retry ? attempts.filter(mayBeApplied).map(({ number }) => ({ number, effect: 'SET_ASIDE' })) : undefined,
    next: retry ? { kind: 'now' } : { kind: 'never' },
  };
}

/** The read of a refresh ends; it is judged on what the person saw, unless somebody wrote since. */
function refreshed(scenario: Scenario, world: World, { closure: saw, began }: NonNullable<World['refresh']>): Move[] {
  const { attempts } = world;
  const closure = saw.version === world.closure.version ? saw : world.closure;
  const over = { ...world, refresh: null };
  return readable(scenario, world, began).map((read) => {
    const verdict = judgeRead({ closure, attempts }, read, factsOf(scenario, began));
    const moved = verdict.set.status !== undefined && verdict.set.status !== closure.status;
    const waits = !moved && verdict.next.kind !== 'now' && verdict.next.kind !== 'at' && verdict.next.kind !== 'never';
    const quiet = waits && Object.keys(verdict.set).length === 0;
    const disturbs = !moved && (quiet || isBeingSent(attempts, world.now));
    const next = disturbs ? over : (write(over, { closure, attempts: [...attempts] }, waits ? { ...verdict, next: { kind: 'asBefore' } } : verdict, 'POLL', { version: closure.version }) ?? over);
    return { name: `the refresh reads ${read.ok ? read.state : 'nothing'}`, world: next };
  });
}

/** A write without a claim: it is compared with the version it was decided on. */
function unclaimed(world: World, verdict: Verdict): World {
  const { closure, attempts } = world;
  return write(world, { closure, attempts: [...attempts] }, verdict, 'WEBHOOK', { version: closure.version }) ?? world;
}

/** One worker dies, with its claim left standing; or the one process that has the store is started again. */
function crashes(world: World): Move[] {
  if (world.left.crashes === 0) return [];
  const left = { ...world.left, crashes: world.left.crashes - 1 };
  const nothing: Worker = { at: 'nothing' };
  const moves = world.workers.flatMap((worker, index): Move[] =>
    worker.at === 'nothing' ? [] : [{ name: `worker ${index} dies`, world: { ...world, left, workers: world.workers.map((one, other) => (other === index ? nothing : one)) } }],
  );
  if (moves.length === 0) return [];
  return [...moves, { name: 'everything restarts', world: { ...voidLeases(world), left, refresh: null, workers: world.workers.map(() => nothing) } }];
}

/** Time passes; a request that did not arrive by its deadline never does. */
function tick(world: World): Move {
  const now = world.now + TICK;
  return { name: 'time passes', world: { ...world, now, flights: world.flights.filter(({ until }) => until >= now) } };
}
