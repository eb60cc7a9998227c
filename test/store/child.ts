import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child';

const ROOT = join(__dirname, '..', '..');
const SCRIPT = join(ROOT, 'dist', 'test', 'support', 'store-child.js');

/** Brings dist/ up to date, where the child processes run from. */
export function buildForChildren(): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
}

/** A process that uses an embedded store; see test/support/store-child.ts. */
export function startStoreChild(mode: string, dataDir: string): Child {
  return startChild(process.execPath, [SCRIPT, mode, dataDir]);
}

/** Resolves when the child has said so many lines; rejects with its words when it ends before. */
export async function hasSaid(child: Child, lines: number): Promise<void> {
  await child.waitFor(new RegExp(`(.*\n){${lines}}`));
}

/** The lines that it has said in full. */
export function linesOf(child: Child): string[] {
  return child.stdout().split('\n').slice(0, -1);
}
