import { callbackGate } from '../../src/config/callback-hosts';
import { CLOSURE_STATUSES, type ClosureStatus } from '../../src/domain/closure-status';
import { type ClosureReason, CLOSURE_REASONS, isSensitive } from '../../src/domain/reason';
import type { ClosureStore } from '../../src/ports/store';
import { systemRandomness } from '../../src/system';
import { SETTINGS, startApi } from '../support/api';
import { startFakeRouter } from '../support/fake-router';
import { AT, newBank, type Pair, PROVIDER, seedHeld, seedPair, type Side, TOLD, unnamed } from './tipping-off-pairs';
import { OPERATOR, post, STATUS, type Way, WAYS, type World } from './tipping-off-ways';

/**
 * Whoever may not operate cannot tell a closing for fraud, sanctions and the like from an ordinary one, by any way of
 * looking: a sensitive closure and an ordinary one that differ in nothing else are looked at side by side, byte by byte.
 */

const CASES: { reason: ClosureReason; status: ClosureStatus }[] = [
  ...CLOSURE_REASONS.filter(isSensitive).map((reason) => ({ reason, status: 'CLOSING' as const })),
  ...CLOSURE_STATUSES.filter((status) => status !== 'CLOSING').map((status) => ({ reason: 'SANCTIONS' as const, status })),
];

const STATEMENTS = [
  'record', 'commit', 'recordLateAnswer', 'closures', 'byIdempotencyKey', 'byLockKey', 'newestByRef', 'list', 'requestedAt', 'attempts', 'events', 'reports',
  'accountRefs', 'children', 'parents', 'newestOfAccount', 'providersSeen',
] as const satisfies readonly (keyof ClosureStore)[];

const bank = newBank();
/** Ids of what was made while somebody looked. */
const made: string[] = [];
/** Time stands still while somebody looks, so that the two differ by no millisecond; between looks, what was read before is too old. */
let monotonic = 0;
let world: World;

beforeAll(async () => {
  const router = await startFakeRouter();
  const api = await startApi({ mayCallBack: callbackGate([router.host]) }, [bank.configured(PROVIDER)], {
    clock: { now: () => AT + 60_000, monotonic: () => monotonic },
    random: { fraction: () => 0.5, id: () => made[made.push(systemRandomness.id()) - 1] ?? '' },
    settings: { ...SETTINGS, closeWaitMs: 60_000 },
  });
  world = { api, router };
});
afterAll(async () => {
  await world.api.close();
  await world.router.close();
});

/** What the caller is sent, and what it took: a different amount of work would tell the two apart by the time that it takes. */
async function look(way: Way, side: Side) {
  const { watched } = world.api;
  monotonic += 3_600_000;
  bank.states = [side.read];
  watched.reset();
  const [sent, reads] = [bank.sent.length, bank.reads];
  const text = unnamed(await way.ask(world, side), side, made);
  const statements = Object.fromEntries(STATEMENTS.map((statement) => [statement, watched.calls(statement)]));
  return { text, statements, requests: bank.sent.length - sent, reads: bank.reads - reads };
}

async function expectAlike(way: Way, { sensitive, ordinary }: Pair): Promise<void> {
  const seen = await look(way, sensitive);
  expect(seen).toEqual(await look(way, ordinary));
  expect(seen.text).not.toMatch(TOLD);
  expect(seen.text.includes('"id":"<id>"')).toBe(way.finds(sensitive.closure));
}

describe.each(CASES)('a closing for $reason that is $status', ({ reason, status }) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await seedPair(world.api, reason, status);
  });

  it('is told to operators as it is', async () => {
    const { closure, group } = pair.sensitive;
    const text = await post(world, STATUS, { id: closure.id }, OPERATOR);
    const words = ['secret text', 'AUTHORITY', 'AML_REVIEW', 'SAR filed', ...(closure.error ? ['AML_HOLD'] : []), ...(closure.blockers.length > 0 ? ['COMPLIANCE_HOLD', 'case-77'] : [])];
    for (const word of [`"reason":"${reason}"`, `"status":"${status}"`, group.id, ...words]) expect(text).toContain(word);
  });

  it.each(Object.entries(WAYS))('looks like an ordinary one by %s, and takes the same work', (_name, way) => expectAlike(way, pair));
});

/** A closed one has no word but that of a closed account. */
const HELD = CLOSURE_STATUSES.filter((status) => status !== 'CLOSED');

describe.each(HELD)('an ordinary closing of an account that is held, and that is %s', (status) => {
  it('is told to operators as it is', async () => {
    const { id, blockers, error } = (await seedHeld(world.api, status)).sensitive.closure;
    const text = await post(world, STATUS, { id }, OPERATOR);
    const isNamed = [...blockers, ...(error?.blockers ?? [])].length > 0;
    for (const word of ['AML_REVIEW', ...(isNamed ? ['COMPLIANCE_HOLD', 'case-77'] : [])]) expect(text).toContain(word);
  });

  // New ones each time: a holder's closing may be withdrawn.
  it.each(Object.entries(WAYS))('looks like one of an account under review by %s, and takes the same work', async (_name, way) =>
    expectAlike(way, await seedHeld(world.api, status)),
  );
});
