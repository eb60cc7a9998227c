import 'reflect-metadata';
import { providerDefinitions } from '../providers/registry.generated';
import { loadProcessConfig } from './config/load-config';
import { type Gateway, startGateway } from './gateway';
import { createLogger, type Logger } from './observability/logger';
import { explainStartFailure } from './start-failure';

/** Orchestrators send SIGKILL 30 s after SIGTERM; this leaves them room, ms. A drain ends by itself before. */
const DRAIN_LIMIT_MS = 24_500;
/** Under npm, Ctrl-C arrives twice, from the terminal and from npm: that is one wish, ms. */
const SAME_WISH_MS = 1_000;

async function main(): Promise<void> {
  const config = loadProcessConfig(providerDefinitions);
  const logger = createLogger(config.logLevel);
  dieOfBugs(logger);
  const store = config.databaseUrl ? 'DATABASE_URL' : 'DATA_DIR';
  const gateway = await startGateway(config, { logger }).catch((error: unknown) => endWith(explainStartFailure(error, store)));
  drainOnSignal(gateway, config.drainGraceMs, logger);
  logger.info({ url: gateway.url }, 'gateway started');
}

function dieOfBugs(logger: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error, event }, 'the process ends because of a bug');
      process.exit(1);
    });
  }
}

function drainOnSignal(gateway: Gateway, graceMs: number, logger: Logger): void {
  let since: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (since !== undefined) {
      if (performance.now() - since > SAME_WISH_MS) process.exit(1);
      return;
    }
    since = performance.now();
    logger.info({ signal }, 'draining');
    // What is still under way then is marked in the store, and recovery takes it up at the next start.
    setTimeout(() => {
      logger.warn({}, 'draining took too long; the rest is left to recovery');
      process.exit(0);
    }, DRAIN_LIMIT_MS).unref();
    // An orchestrator sends traffic for a while yet; a person at a terminal does not wait for that.
    gateway.drain(signal === 'SIGTERM' ? graceMs : 0).then(
      () => {
        logger.info({}, 'drained');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'draining failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function endWith(explanation: string): never {
  process.stderr.write(`The gateway cannot start.\n${explanation}\n`);
  process.exit(1);
}

main().catch((error: unknown) => endWith(explainStartFailure(error)));
