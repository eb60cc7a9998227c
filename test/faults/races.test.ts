import { execFileSync } from 'node:child_process';
import { newSeed } from './chance';
import { race } from './races';
import { sqliteFolder } from './stores';

const ROUNDS = 25;
const seed = newSeed();

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

it.each(['key', 'account'] as const)(`callers at the same time on one %s: one closure and one close request (seed ${seed})`, async (kind) => {
  const { won, oddities, findings } = await race(kind, sqliteFolder, ROUNDS, seed);
  expect({ won, oddities, findings }).toEqual({ won: ROUNDS, oddities: [], findings: [] });
}, 300_000);
