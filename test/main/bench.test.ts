import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child';

let bench: Child;
let folder: string;
beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-bench-test-'));
});
afterEach(async () => {
  await bench.kill();
  rmSync(folder, { recursive: true });
});

test('the bench of isolation runs through, and no request fails while a provider hangs', async () => {
  const report = readFileSync('docs/reliability.md', 'utf8');
  bench = startChild('node', ['dist/bench/isolation.js', '--short']);
  expect(await bench.ended).toBe(0);
  expect(bench.stdout()).toMatch(/^capacity \d+ closes\/s/);
  expect(bench.stdout()).toMatch(/\n {2}pair 1: [\d.]+ times as long at p50, [\d.]+ times at p99\n/);
  expect(bench.stdout()).toMatch(/callers of emoney wait [\d.]+ times as long at p50 and [\d.]+ times at p99 .*; 0 requests failed\n/);
  // What so short a run shows is no table.
  expect(readFileSync('docs/reliability.md', 'utf8')).toBe(report);
}, 120_000);

test('it puts the ratio of each pair between the marks of its table', async () => {
  const page = join(folder, 'page.md');
  writeFileSync(page, 'Above.\n<!-- isolation: begin -->\nan older table\n<!-- isolation: end -->\nBelow.\n');
  bench = startChild('node', ['dist/bench/isolation.js', '--short', '--into', page]);
  expect(await bench.ended).toBe(0);
  const [above, begin, source, , heads, line, pair, median, end, below, ...rest] = readFileSync(page, 'utf8').split('\n');
  expect([above, begin]).toEqual(['Above.', '<!-- isolation: begin -->']);
  expect(source).toMatch(/^`npm run bench:isolation -- --short --into .*` \(Node .*\): \d+ closings a second measured, \d+ a second at each provider$/);
  expect([heads, line]).toEqual(["| pair | the other one's callers, p99: provider well | provider hangs | ratio |", '|---|---|---|---|']);
  expect(pair).toMatch(/^\| 1 \| [\d.]+ ms \| [\d.]+ ms \| \d+\.\d\d \|$/);
  expect(median).toMatch(/^\| median \| {2}\| {2}\| \d+\.\d\d at p99, \d+\.\d\d at p50; 0 requests failed \|$/);
  expect([end, below, ...rest]).toEqual(['<!-- isolation: end -->', 'Below.', '']);
}, 120_000);
