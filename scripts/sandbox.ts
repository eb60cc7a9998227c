/**
 * `npm run sandbox [-- --port 4100]`: starts the sandbox of each provider and prints the environment that points
 * `npm start` at them. Stays up until Ctrl-C.
 */
import { parseArgs } from 'node:util';
import { startSandboxes } from './sandboxes';
import { untilSignal } from './until-signal';

const HIGHEST_PORT = 65_535;

function firstPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) throw new Error('--port takes a number from 0 to 65535.');
  return port;
}

/** A value as every POSIX shell takes it back. */
function quoted(value: string): string {
  return /^[\w./:@,-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

async function main(): Promise<void> {
  const stopped = untilSignal();
  const sandboxes = await startSandboxes(firstPort());
  const lines = Object.entries({ AUTH: 'none', ...sandboxes.env }).map(([name, value]) => `export ${name}=${quoted(value)}`);
  console.log('# Sandboxes are up. Paste these lines into another terminal, then run: npm start');
  console.log(lines.join('\n'));
  console.log('# Ctrl-C ends the sandboxes.');
  await stopped;
  await sandboxes.dispose();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
