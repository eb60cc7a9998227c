import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

/** A child process under test. */
export interface Child {
  pid: number;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** The first match in its standard output, as soon as there is one; rejects when it ends without. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  signal(signal: NodeJS.Signals): void;
  /** For clean-up: ends it and everything that it started, at once. */
  kill(): Promise<void>;
}

/** Variables of the test run that a child needs to run at all; nothing else is handed down. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR && { TMPDIR }) };
}

/**
 * Ends a group when the process that started it is gone, however that ended: its pipe is closed then. In a session of its
 * own, since no signal to the test run may reach it first.
 */
const GUARD = 'read -r _ || kill -9 "-$1"';

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a program from the repository's root unless told otherwise, in a process group of its own, which ends with this process. */
export function startChild(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  place: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'> = {},
): Child {
  const child: ChildProcess = spawn(command, args, {
    ...place,
    env: { ...bareEnvironment(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} did not start.`);
  const guard = spawn('sh', ['-c', GUARD, 'sh', String(pid)], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  // It was killed with this process, or before it was told.
  guard.stdin.on('error', () => {});
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    for (const watch of watchers) watch();
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      guard.stdin.end('ended\n');
      resolve(code ?? signal ?? 'SIGKILL');
    });
  });

  return {
    pid,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    signal: (signal) => void child.kill(signal),
    async kill() {
      killGroup(pid);
      await ended;
    },
    waitFor(pattern) {
      return new Promise((resolve, reject) => {
        const watch = () => {
          const match = pattern.exec(stdout);
          if (!match) return;
          watchers.delete(watch);
          resolve(match);
        };
        watchers.add(watch);
        watch();
        void ended.then((how) => reject(new Error(`It ended (${how}) without ${String(pattern)}:\n${stdout}\n${stderr}`)));
      });
    },
  };
}
