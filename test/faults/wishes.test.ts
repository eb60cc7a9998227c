import { execFileSync } from 'node:child_process';
import { Chance, newSeed } from './chance';
import { closureRecord } from '../support/closure-record';
import { casesOf, lookAt, wrongAmong } from './failpoint-battery';
import { SALE_MARK } from './failpoints';
import { sqliteFolder } from './stores';
import { inLanes } from './waiting';
import { isGranted, WISHES } from './wishes';

/** A sample of what `npm run faults -- wishes` takes whole: each outcome, with one kill that the seed draws. */
const LANES = 3;
const seed = newSeed();

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

it(`what else may be asked for survives kill -9 at the statements of its store (seed ${seed})`, async () => {
  const chance = new Chance(seed);
  const looks = await inLanes(WISHES, LANES, (outcome) => lookAt(outcome, sqliteFolder));
  const odd = looks.filter(({ result }) => result.findings.length > 0 || !result.asExpected);
  expect(odd.map(({ outcome, result }) => [outcome.name, result])).toEqual([]);
  const selling = looks.filter(({ result }) => result.points.includes(SALE_MARK));
  expect(selling.map(({ outcome }) => outcome.name)).toEqual(['sold', 'sold, and lost', 'sale refused']);
  expect(await wrongAmong(looks.map((look) => chance.one(casesOf(look))), LANES, sqliteFolder)).toEqual([]);
}, 300_000);

describe('granted', () => {
  const one = (name: string) => WISHES.find((outcome) => outcome.name === name)!;
  const own = closureRecord({});
  const child = { ...own, status: 'CLOSED' as const };
  const group = { ...child, account: { ...own.account, kind: 'ACCOUNT_GROUP' as const } };
  const sale = (stage: 'SETTLED' | 'REFUSED' | 'WAITING') => ({ ...child, liquidation: { stage, idempotencyKey: 'key', markedAt: 0, notBefore: 0 } });

  it.each([
    ['a group with its accounts', [group, child, child], true],
    ['a group with its accounts', [group, child], false],
    ['a group with its accounts', [group, child, { ...child, status: 'CLOSING' as const }], false],
    ['sold', [sale('SETTLED')], true],
    ['sold', [sale('REFUSED')], false],
    ['sold', [child], false],
    ['sale refused', [sale('REFUSED')], true],
    ['sale refused', [sale('WAITING')], false],
  ])('%s: %#', (name, stored, expected) => {
    expect(isGranted(one(name), stored.map((closure) => ({ closure })))).toBe(expected);
  });
});
