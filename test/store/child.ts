import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '..', '..');
const SCRIPT = join(ROOT, 'dist', 'test', 'support', 'store-child.js');

/** Brings dist/ up to date, where the child processes run from. */
export function buildForChildren(): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
}

/** A process that uses an embedded store; see test/support/store-child.ts. */
export class StoreChild {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #watchers = new Set<() => void>();
  #errors = '';

  constructor(mode: string, dataDir: string) {
    this.#process = spawn(process.execPath, [SCRIPT, mode, dataDir], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = once(this.#process, 'close').then(() => this.#tell());
    this.#process.stderr!.on('data', (chunk) => {
      this.#errors += String(chunk);
    });
    createInterface(this.#process.stdout!).on('line', (line) => {
      this.lines.push(line);
      this.#tell();
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Resolves when the child has said so many lines; rejects with its words when it ends before. */
  async hasSaid(count: number): Promise<void> {
    while (this.lines.length < count) {
      if (this.hasEnded) throw new Error(`The child ended: ${this.#errors}`);
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
    }
  }

  /** What it said on stderr until it ended by itself. */
  async errors(): Promise<string> {
    await this.#ended;
    return this.#errors;
  }

  /** kill -9, and wait until it is gone and everything it said has arrived. */
  async kill(): Promise<void> {
    if (!this.hasEnded) this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}
