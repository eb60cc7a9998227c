import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Shows that the embedded store waits for the disk before it acknowledges a write, and that writes of one turn
 * share that wait. Killing a process cannot show it (the page cache survives), so strace watches the system calls
 * of one that writes: `npm run test:durability`. Exit status 1 and a sentence when it does not hold.
 */
const CHILD = join(__dirname, '..', 'test', 'support', 'store-child.js');
const WRITES = 200;
/** One group needs one sync; a checkpoint in between, a few more. */
const FEW = 5;

type Call = 'sync' | 'acknowledgement';

class NotDurable extends Error {}

/** The syncs that succeeded and the acknowledgements of a store's writes, in order, from its opening to the last write. */
function callsOf(mode: 'sequential' | 'together'): Call[] {
  const folder = mkdtempSync(join(tmpdir(), 'closure-fsync-'));
  try {
    const trace = join(folder, 'trace');
    const watched = [process.execPath, CHILD, mode, join(folder, 'data'), String(WRITES)];
    const strace = spawnSync('strace', ['-f', '-o', trace, '-e', 'trace=fsync,fdatasync,write', ...watched], { encoding: 'utf8' });
    if (strace.error && 'code' in strace.error && strace.error.code === 'ENOENT') {
      throw new NotDurable('strace is not installed, so nothing can be counted: apt-get install strace (Debian package "strace").');
    }
    if (strace.status !== 0) throw new NotDurable(`The process that writes failed under strace: ${strace.stderr}`);
    const lines = readFileSync(trace, 'utf8').split('\n');
    const from = lines.findIndex((line) => line.includes('write(1, "open'));
    const to = lines.findIndex((line) => line.includes('write(1, "done'));
    if (from < 0 || to < 0) throw new NotDurable('The trace does not show the process from its opening to its last write.');
    return lines.slice(from, to).flatMap(callIn);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function callIn(line: string): Call[] {
  if (/\bf(data)?sync(\(\d+\)| resumed>\)?).*= 0$/.test(line)) return ['sync'];
  return line.includes('write(1, "acknowledged') ? ['acknowledgement'] : [];
}

function hold(condition: boolean, otherwise: string): void {
  if (!condition) throw new NotDurable(otherwise);
}

function checkSequential(): void {
  const calls = callsOf('sequential');
  const unsynced = calls.filter((call, index) => call === 'acknowledgement' && calls[index - 1] !== 'sync').length;
  const acknowledged = calls.filter((call) => call === 'acknowledgement').length;
  const syncs = calls.length - acknowledged;
  console.log(`one after another: ${acknowledged} writes, ${syncs} syncs`);
  hold(acknowledged === WRITES, `${WRITES} writes should have been acknowledged.`);
  hold(unsynced === 0, `${unsynced} writes were acknowledged without a sync of their own.`);
}

function checkTogether(): void {
  const calls = callsOf('together');
  const syncs = calls.indexOf('acknowledgement');
  const acknowledged = calls.filter((call) => call === 'acknowledgement').length;
  console.log(`in one turn: ${acknowledged} writes, ${syncs} syncs before the first was acknowledged`);
  hold(acknowledged === WRITES, `${WRITES} writes should have been acknowledged.`);
  hold(syncs >= 1, 'Writes were acknowledged before any sync.');
  hold(calls.length - acknowledged <= FEW, 'The writes of one turn did not share their sync.');
}

try {
  checkSequential();
  checkTogether();
  console.log('Every acknowledged write had waited for the disk.');
} catch (error) {
  if (!(error instanceof NotDurable)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
