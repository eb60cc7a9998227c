import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePorts } from './free-port';

/** A PostgreSQL server of a test's own, with its data in a temporary folder. */
export interface PostgresServer {
  /** For database "postgres", unless another is named. */
  url(database?: string): string;
  /** Starts it again on the same data and port, with settings such as `fsync=off`. */
  start(settings?: readonly string[]): Promise<void>;
  /** Breaks every connection, and leaves nothing undone. */
  stop(): Promise<void>;
  /** Ends every process of it by SIGKILL; it recovers at its next start. */
  crash(): Promise<void>;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
}

/** PostgreSQL does not run as root; its packages bring a user to run it as. */
const USER = 'postgres';
/** Stops the server when its standard input ends: neither it nor its data outlives a test run that was killed. */
const SUPERVISE =
  'folder=$1; shift; "$@" & server=$!; read -r word; kill -INT $server 2> /dev/null; wait $server; [ "$word" = keep ] || rm -rf "$folder"';

/** @throws Error when PostgreSQL is not installed */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = process.env.POSTGRES_BIN;
  if (!bin || !existsSync(join(bin, 'initdb'))) {
    throw new Error('PostgreSQL is not installed (Debian package "postgresql"); POSTGRES_BIN may name the folder of its programs.');
  }
  const folder = mkdtempSync(join(tmpdir(), 'closure-postgres-'));
  const data = join(folder, 'data');
  const port = await freePorts(1);
  const asRoot = process.getuid?.() === 0;
  if (asRoot) chownSync(folder, idOf('-u'), idOf('-g'));
  const unprivileged = asRoot ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'] : [];
  const run = (program: string, ...args: string[]) => [...unprivileged, join(bin, program), ...args];
  const [initdb, ...initArgs] = run('initdb', '-D', data, '-U', USER, '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync');
  execFileSync(initdb!, initArgs, { cwd: folder, stdio: 'ignore' });

  let supervisor: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let log = '';
  const url = (database = 'postgres') => `postgres://${USER}@127.0.0.1:${port}/${database}`;

  const server: PostgresServer = {
    url,
    async start(settings = []) {
      const given = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`, ...settings];
      const command = run('postgres', '-D', data, ...given.flatMap((setting) => ['-c', setting]));
      // In a process group of its own: a signal to the test run's group must not end the one that cleans up.
      supervisor = spawn('sh', ['-c', SUPERVISE, 'sh', folder, ...command], { cwd: folder, detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
      supervisor.stderr!.on('data', (chunk) => {
        log += String(chunk);
      });
      ended = once(supervisor, 'close');
      await untilItAnswers();
    },
    async stop() {
      if (supervisor?.exitCode === null) supervisor.stdin!.end('keep\n');
      await ended;
    },
    async crash() {
      const postmaster = Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10);
      // It starts no more of them meanwhile.
      process.kill(postmaster, 'SIGSTOP');
      for (const pid of [...childrenOf(postmaster), postmaster]) killIfThere(pid);
      await server.stop();
    },
    async dispose() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function untilItAnswers(): Promise<void> {
    for (;;) {
      if (supervisor?.exitCode !== null) throw new Error(`PostgreSQL ended:\n${log}`);
      const client = new Client(url());
      try {
        await client.connect();
        return;
      } catch {
        await wait(20);
      } finally {
        await client.end().catch(() => {});
      }
    }
  }

  await server.start();
  return server;
}

function childrenOf(parent: number): number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return processes.map((line) => line.trim().split(/\s+/).map(Number)).flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function idOf(option: '-u' | '-g'): number {
  return Number(execFileSync('id', [option, USER], { encoding: 'utf8' }));
}
