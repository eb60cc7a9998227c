import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { startSandboxes } from '../scripts/sandboxes';
import { circumstances, keepTable, tableOf } from '../test/faults/report';
import type { LoadOrder, LoadReport } from './load';

/**
 * What a provider that hangs costs the callers of the other one: `npm run bench:isolation`. Both are called at half of
 * the capacity measured first. Windows without and with the trouble take turns, each pair gives ratios of what the other
 * provider's callers waited, and only the median of these counts: machines and minutes differ. Keeps its table in
 * docs/reliability.md where it took no less time than by itself, and no promise was broken.
 *
 * Three processes: the gateway, its callers, and this one with both sandboxes.
 */
const { values: options } = parseArgs({
  options: {
    hang: { type: 'string', default: 'upvest' },
    other: { type: 'string', default: 'emoney' },
    seconds: { type: 'string' },
    windows: { type: 'string' },
    /** Shows that the bench works; its figures mean nothing. */
    short: { type: 'boolean', default: false },
    /** Another file to keep the table in, of whatever length the run is: for trying it. */
    into: { type: 'string' },
  },
});
const WHOLE_SECONDS = 60;
const WHOLE_WINDOWS = 5;
const SECONDS = options.short ? 2 : Number(options.seconds ?? WHOLE_SECONDS);
const WINDOWS = options.short ? 1 : Number(options.windows ?? WHOLE_WINDOWS);
const WARM_UP_SECONDS = options.short ? 1 : 5;
const CAPACITY_SECONDS = options.short ? 2 : 10;
const MOST_P99_RATIO = 1.5;
const REPORT = join(__dirname, '..', '..', 'docs', 'reliability.md');

/** Polls of closing accounts would come due in some windows and not in others; retries must end before the next window. */
const ENV = {
  AUTH: 'none',
  PORT: '0',
  POLL_MIN_MS: '3600000',
  RETRY_MAX_MS: '5000',
  VISIBILITY_LAG_MS: '1000',
  ...(options.short && { PROVIDER_TIMEOUT_MS: '1000' }),
};

interface Waits {
  p50: number;
  p99: number;
}

/** What the other provider's callers waited in two windows, one after the other. */
interface Pair {
  well: Waits;
  hangs: Waits;
  ratio: Waits;
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}

function median(numbers: readonly number[]): number {
  return percentile(numbers.toSorted((a, b) => a - b), 0.5);
}

function waits(latencies: readonly number[]): Waits {
  const sorted = latencies.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

const inMs = (ms: number) => `${ms.toFixed(1)} ms`;
const shown = ({ p50, p99 }: Waits) => `p50 ${inMs(p50)}, p99 ${inMs(p99)}`;
const say = (line: string) => void process.stdout.write(`${line}\n`);

function ask(callers: ChildProcess, order: LoadOrder): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    callers.once('exit', () => reject(new Error('The callers ended.')));
    callers.once('message', (report: LoadReport) => {
      callers.removeAllListeners('exit');
      resolve(report);
    });
    callers.send(order);
  });
}

/** Until nothing of the window before is left to be sent or found out. */
async function settled(url: string): Promise<void> {
  const query = '{ closures(first: 1, filter: { status: [REQUESTED, UNCONFIRMED] }) { edges { node { id } } } }';
  for (;;) {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
    const { data } = (await response.json()) as { data: { closures: { edges: unknown[] } } };
    if (data.closures.edges.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function main(): Promise<void> {
  const { hang, other } = options;
  const sandboxes = await startSandboxes();
  const trouble = sandboxes.byProvider.get(hang);
  if (!trouble || !sandboxes.byProvider.has(other)) throw new Error(`There is no sandbox of ${hang} or of ${other}.`);
  const dataDir = mkdtempSync(join(tmpdir(), 'closure-bench-'));
  const env = { PATH: process.env.PATH, ...ENV, ...sandboxes.env, DATA_DIR: dataDir };
  const gateway = spawn('node', [join(__dirname, '../src/bundle/gateway.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(gateway, 'close');
  const callers = fork(join(__dirname, 'load.js'));
  try {
    await measure({ url: await urlIn(gateway.stdout), callers, hang, other, outage: (on) => trouble.outage(on ? 'hang-before' : 'normal') });
  } finally {
    callers.removeAllListeners('exit').kill();
    gateway.kill('SIGKILL');
    await ended;
    await sandboxes.dispose();
    rmSync(dataDir, { recursive: true });
  }
}

/** Where the gateway serves; the log is read on, since a full pipe would stop the gateway. */
function urlIn(log: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    log.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-10_000);
      const [, url] = /"url":"(http:[^"]+)","msg":"gateway started"/.exec(text) ?? [];
      if (url) resolve(url);
    });
    log.once('end', () => reject(new Error(`The gateway did not start: ${text}`)));
  });
}

interface Bench {
  url: string;
  callers: ChildProcess;
  hang: string;
  other: string;
  outage(on: boolean): void;
}

async function measure({ url, callers, hang, other, outage }: Bench): Promise<void> {
  const providers = [hang, other];
  await ask(callers, { url, providers, perSecond: null, seconds: WARM_UP_SECONDS });
  const full = await ask(callers, { url, providers, perSecond: null, seconds: CAPACITY_SECONDS });
  const capacity = Object.values(full.latencies).flat().length / full.seconds;
  const perSecond = capacity / 4;
  say(`capacity ${capacity.toFixed(0)} closes/s; from here on ${perSecond.toFixed(0)}/s at ${hang} and ${perSecond.toFixed(0)}/s at ${other}, in windows of ${SECONDS} s`);
  const pairs: Pair[] = [];
  let failures = 0;
  const window = async (hangs: boolean): Promise<Waits> => {
    await settled(url);
    outage(hangs);
    const report = await ask(callers, { url, providers, perSecond, seconds: SECONDS });
    outage(false);
    failures += report.failures;
    const found = waits(report.latencies[other] ?? []);
    say(`  ${hang} ${hangs ? 'hangs ' : 'is well'}: ${other} ${shown(found)}; ${hang} ${shown(waits(report.latencies[hang] ?? []))}`);
    return found;
  };
  for (let index = 1; index <= WINDOWS; index += 1) {
    const well = await window(false);
    const hangs = await window(true);
    const ratio = { p50: hangs.p50 / well.p50, p99: hangs.p99 / well.p99 };
    pairs.push({ well, hangs, ratio });
    say(`  pair ${index}: ${ratio.p50.toFixed(2)} times as long at p50, ${ratio.p99.toFixed(2)} times at p99`);
  }
  await settled(url);
  const p50 = median(pairs.map(({ ratio }) => ratio.p50));
  const p99 = median(pairs.map(({ ratio }) => ratio.p99));
  say(`while ${hang} hangs, callers of ${other} wait ${p50.toFixed(2)} times as long at p50 and ${p99.toFixed(2)} times at p99 (medians of ${WINDOWS}); ${failures} requests failed`);
  const isGood = failures === 0 && p99 <= MOST_P99_RATIO;
  const isWhole = !options.short && SECONDS >= WHOLE_SECONDS && WINDOWS >= WHOLE_WINDOWS;
  if (!options.short && !isGood) process.exitCode = 1;
  const rows = [
    ...pairs.map(({ well, hangs, ratio }, index) => [`${index + 1}`, inMs(well.p99), inMs(hangs.p99), ratio.p99.toFixed(2)]),
    ['median', '', '', `${p99.toFixed(2)} at p99, ${p50.toFixed(2)} at p50; ${failures} requests failed`],
  ];
  const table = tableOf(rows, ['pair', "the other one's callers, p99: provider well", 'provider hangs', 'ratio']);
  const figures = `${capacity.toFixed(0)} closings a second measured, ${perSecond.toFixed(0)} a second at each provider`;
  const worth = options.into === undefined ? { isWhole, isGood } : { isWhole: true, isGood: true };
  say(keepTable(options.into ?? REPORT, 'isolation', `\`${command()}\` (${circumstances()}): ${figures}`, table, worth));
}

function command(): string {
  const args = process.argv.slice(2);
  return ['npm run bench:isolation', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
}

void main();
