/**
 * `node dist/scripts/health-check.js`: ends with 0 where the gateway that HOST and PORT name is alive, for container
 * engines, which ask by a command.
 */

/** Shorter than an engine's own limit, so that the reason is told, ms. */
const LIMIT_MS = 4_000;

/** A gateway that listens on every address is asked on loopback. */
function address(): string {
  const { HOST = '127.0.0.1', PORT = '4000' } = process.env;
  const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST === '::' ? '::1' : HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}

async function main(): Promise<void> {
  const { status } = await fetch(`${address()}/livez`, { signal: AbortSignal.timeout(LIMIT_MS) });
  if (status !== 200) throw new Error(`The gateway answered ${status}.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
