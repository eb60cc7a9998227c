import type { AccountRead, AccountState, CloseOutcome } from '../../src/domain/outcome';
import { type Scenario, seen } from './scenarios';
import type { Event, Truth, World } from './world';
import { LAG } from './world';
import type { Move } from './workers';

/** What a read that began at a time may show now: anything that was so within the lag before it, or since. */
export function readable(scenario: Scenario, { truth }: World, began: number): AccountRead[] {
  const states = new Set([truth.state, ...truth.before.filter(({ until }) => until + LAG > began).map(({ state }) => state)]);
  return [...[...states].map(seen), ...scenario.blind];
}

/** What the bank may do next: deal with a request, answer, tell news, close by itself or for somebody else. */
export function bankMoves(scenario: Scenario, world: World): Move[] {
  return [...world.flights.flatMap(({ number }) => arrivals(scenario, world, number)), ...deliveries(world), ...accountMoves(scenario, world)];
}

function arrivals(scenario: Scenario, world: World, number: number): Move[] {
  const gone = { ...world, flights: world.flights.filter((flight) => flight.number !== number) };
  const reply = (next: World, outcome: CloseOutcome, done: string): Move => ({
    name: `the bank ${done} ${number}: ${outcome.kind}`,
    world: { ...next, answers: [...next.answers, { number, outcome }] },
  });
  const refused = scenario.refuses.map((outcome) => reply(gone, outcome, 'does nothing for'));
  return [...refused, ...carriedOut(scenario, gone, number).map(({ world: next, outcome }) => reply(next, outcome, 'carries out'))];
}

/** What a request does that the bank takes, and what the bank may say of it. */
function carriedOut(scenario: Scenario, world: World, number: number): { world: World; outcome: CloseOutcome }[] {
  const { answer, account } = scenario.takes;
  const { truth } = world;
  if (account !== null && truth.state !== 'OPEN') {
    const again: CloseOutcome[] = scenario.alreadyClosedDistinct ? [{ kind: 'alreadyClosed' }] : [{ kind: 'conflict', documented: true }];
    if (truth.state === account && answer.kind === 'accepted') again.unshift(answer);
    return again.map((outcome) => ({ world, outcome }));
  }
  const after = account === null ? world : becomes(scenario, world, account);
  const inEffect = [...truth.inEffect, number];
  const next = { ...after, truth: { ...after.truth, inEffect, effective: truth.effective + 1 } };
  return [answer, ...scenario.hides].map((outcome) => ({ world: next, outcome }));
}

/** Answers reach the workers that wait for them, or nobody. */
function deliveries(world: World): Move[] {
  return world.answers.map(({ number, outcome }) => ({
    name: `the answer to ${number} arrives`,
    world: {
      ...world,
      answers: world.answers.filter((answer) => answer.number !== number),
      workers: world.workers.map((worker) => (worker.at === 'waiting' && worker.number === number ? { ...worker, at: 'answered' as const, outcome } : worker)),
    },
  }));
}

function accountMoves(scenario: Scenario, world: World): Move[] {
  const { truth, left } = world;
  const moves = (scenario.moves[truth.state] ?? []).map((state) => ({ name: `the account becomes ${state}`, world: becomes(scenario, world, state) }));
  if (left.outsideCloses > 0 && truth.state === 'OPEN') {
    const spent = { ...world, left: { ...left, outsideCloses: left.outsideCloses - 1 } };
    moves.push({ name: 'somebody else closes', world: becomes(scenario, spent, scenario.takes.account ?? 'CLOSED') });
  }
  if (left.reopenings > 0 && truth.state === 'CLOSED') {
    const spent = { ...world, left: { ...left, reopenings: left.reopenings - 1 } };
    moves.push({ name: 'somebody else reopens', world: becomes(scenario, spent, 'OPEN') });
  }
  return moves;
}

/** The account in another state; reads may show the one before for a while. */
function becomes(scenario: Scenario, world: World, state: AccountState): World {
  const { truth, now } = world;
  const undone = state === 'OPEN' || state === 'FAILED' || state === 'WITHDRAWN';
  const next: Truth = {
    ...truth,
    state,
    before: [...truth.before, { state: truth.state, until: now }],
    inEffect: undone ? [] : truth.inEffect,
    reopenings: truth.reopenings + (state === 'OPEN' ? 1 : 0),
    everClosing: truth.everClosing || state === 'CLOSING',
    everClosed: truth.everClosed || state === 'CLOSED',
    everEnded: truth.everEnded || undone,
  };
  const events = scenario.webhooks ? [...world.events, eventOf(state, now, scenario.duplicates ?? 1)] : world.events;
  return { ...world, truth: next, events };
}

function eventOf(state: AccountState, at: number, duplicates: number): Event {
  const kind = state === 'CLOSING' ? 'closing' : state === 'CLOSED' ? 'closed' : 'changed';
  return { kind, at, left: duplicates + 1 };
}
