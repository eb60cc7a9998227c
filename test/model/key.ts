import { type Attempt, type Closure, mayBeApplied } from '../../src/domain/closure';
import { isTerminal } from '../../src/domain/closure-status';
import type { Scenario } from './scenarios';
import { HORIZON, LAG, SETTINGS, TICK, type Worker, type World } from './world';

// Named once: what belongs to the environment is slow to find in Jest, and this runs millions of times.
const { min, max } = Math;

/** Older than this makes no difference to any rule. */
const OLDEST = HORIZON + LAG + TICK;

/** Drops what can make no difference any more, so that worlds which will behave alike are one. */
export function tidy(scenario: Scenario, world: World): World {
  const { closure, truth } = world;
  const holds = (worker: Worker): boolean => worker.at !== 'nothing' && worker.claimed.closure.fence === closure.fence;
  // Without its claim a worker that has nothing on the wire can only find that out.
  const workers = world.workers.map((worker): Worker => {
    const idle = (worker.at === 'deciding' || worker.at === 'reading') && !holds(worker) && scenario.weak !== 'no fence';
    return idle ? { at: 'nothing' } : worker;
  });
  const reads = readsSince(world.now, world.refresh, workers);
  const answers = world.answers.filter(({ number }) => workers.some((worker) => worker.at === 'waiting' && worker.number === number));
  const before = truth.before.filter(({ until }) => until + LAG > reads);
  return { ...world, workers, answers, truth: before.length < truth.before.length ? { ...truth, before } : truth };
}

/** When the oldest read under way began; now, where there is none. */
function readsSince(now: number, refresh: World['refresh'], workers: World['workers']): number {
  return workers.reduce((since, worker) => (worker.at === 'reading' ? min(since, worker.began) : since), refresh?.began ?? now);
}

/** Nothing that can still happen in this world would touch the closure. */
export function isOver({ closure, workers, refresh, events }: World): boolean {
  const idle = workers.every(({ at }) => at === 'nothing') && !refresh;
  return idle && isTerminal(closure.status) && (closure.status !== 'CLOSED' || (closure.dueAt === null && events.length === 0));
}

/**
 * Worlds with the same key, and as much left to happen, will behave alike: times count from now, versions and fences only
 * by whether they still hold.
 */
export function keyOf(world: World): string {
  const { now, closure, truth, refresh, leaseUntil } = world;
  const age = (at: number | null): string => (at === null ? '-' : `${min(now - at, OLDEST) / TICK}`);
  const wait = (at: number | null): string => (at === null ? '-' : `${max(at - now, 0) / TICK}`);
  const readAge = min(now - readsSince(now, refresh, world.workers), OLDEST);
  // What was seen counts until the lag has passed for every read under way.
  const seenAge = (at: number | null): string => (at === null ? '-' : `${min(now - at, readAge + SETTINGS.reopenGraceMs + TICK) / TICK}`);
  const closingSeen = closure.status === 'CLOSED' || (closure.status === 'CLOSING' && closure.closingSeenAt !== null);
  // The age of a request counts while it is in doubt, or the refusal that waits for a read, or all that is known of the closing.
  const counts = (one: Attempt): boolean =>
    one.effect === 'MARKED' || (closure.pendingRead !== null && one.number === closure.attempts) || (mayBeApplied(one) && !closingSeen);
  const attempt = (one: Attempt): string =>
    `${one.effect}${counts(one) ? age(one.markedAt) : ''}${(one.answeredAt ?? 0) >= closure.statusSince ? '+' : ''}`;
  const progress = (one: Closure): string => {
    const since = one.status === 'UNCONFIRMED' || (one.status === 'CLOSING' && one.closingSeenAt === null);
    const closing = one.status === 'CLOSED' ? '' : seenAge(one.closingSeenAt);
    return [one.status, since ? age(one.statusSince) : '', seenAge(one.closedAt), one.pendingRead, closing, seenAge(one.openSeenAt), age(one.notFoundSince)].join();
  };
  const worker = (one: Worker): string => {
    if (one.at === 'nothing') return '';
    const held = one.claimed.closure.fence === closure.fence ? '' : '!';
    const seen = held ? '' : one.claimed.attempts.map(attempt).join();
    return `${one.at}${held}${'tokenRefused' in one && one.tokenRefused ? 'T' : ''}${restOf(one)}(${seen})`;
  };
  const restOf = (one: Worker): string => {
    switch (one.at) {
      case 'nothing':
        return '';
      case 'deciding':
        return one.resend ? 'R' : '';
      case 'reading':
        return age(one.began);
      case 'marked':
        return `${one.number}${age(one.markedAt)}${one.readOpen ? 'R' : ''}`;
      case 'waiting':
        return `${one.number}`;
      case 'answered':
        return `${one.number}${one.outcome.kind}${'documented' in one.outcome && one.outcome.documented ? 'D' : ''}`;
    }
  };
  const saw = refresh && `${age(refresh.began)}${refresh.closure.version === closure.version ? progress(refresh.closure) : '!'}`;
  return [
    progress(closure),
    wait(closure.dueAt),
    wait(leaseUntil),
    world.attempts.map(attempt).join(),
    world.workers.map(worker).toSorted().join('|'),
    world.flights.map(({ number, until }) => `${number}${wait(until)}`).join(),
    world.answers.map(({ number, outcome }) => `${number}${outcome.kind}${'documented' in outcome && outcome.documented ? 'D' : ''}`).join(),
    world.events.map(({ kind, at, left: times }) => `${kind}${times}${at >= closure.statusSince ? '+' : ''}`).join(),
    saw,
    refresh && closure.error?.code,
    truth.state,
    truth.before.map(({ state, until }) => `${state}${age(until)}`).join(),
    truth.inEffect.join(),
    `${truth.effective}-${truth.reopenings}${truth.everClosing ? 'g' : ''}${truth.everClosed ? 'd' : ''}${truth.everEnded ? 'e' : ''}`,
  ].join(';');
}

/** What may still happen that could happen for ever. */
export function leftKey({ left }: World): string {
  return `/${left.sends}${left.crashes}${left.outsideCloses}${left.reopenings}${left.people}`;
}
