import { execFileSync } from 'node:child_process';
import { type Child, startChild } from '../support/child';

let bench: Child;
beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
afterEach(() => bench.kill());

test('the bench of isolation runs through, and no request fails while a provider hangs', async () => {
  bench = startChild('node', ['dist/bench/isolation.js', '--short']);
  expect(await bench.ended).toBe(0);
  expect(bench.stdout()).toMatch(/^capacity \d+ closes\/s/);
  expect(bench.stdout()).toMatch(/callers of emoney wait [\d.]+ times as long at p50 and [\d.]+ times at p99 .*; 0 requests failed\n$/);
}, 120_000);
