import { ConfigError } from './config/config-error';
import { StoreLocked, StoreMoved, StoreNotDurable, StoreTooNew, StoreUnreachable, StoreUnwritable } from './store/errors';

/** What a listening socket can be refused for, in the operator's words. */
const LISTEN_PROBLEMS: Record<string, string> = {
  EADDRINUSE: 'PORT: Another process listens there already; choose another port.',
  EACCES: 'PORT: This user may not listen there; choose a port above 1023.',
  EADDRNOTAVAIL: 'HOST: This machine does not have the address.',
  ENOTFOUND: 'HOST: The name is not known.',
};

/**
 * Lines for a person at a terminal, each beginning with the variable to look at.
 * For an unforeseen failure it is the whole stack.
 * @param store the variable that says which store was to be opened
 */
export function explainStartFailure(error: unknown, store: 'DATA_DIR' | 'DATABASE_URL' = 'DATA_DIR'): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  if ([StoreLocked, StoreMoved, StoreUnwritable, StoreUnreachable, StoreTooNew, StoreNotDurable].some((refusal) => error instanceof refusal)) {
    return `${store}: ${error.message}`;
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  const isAboutListening = syscall === 'listen' || syscall === 'getaddrinfo' || syscall === 'bind';
  const listenProblem = isAboutListening ? LISTEN_PROBLEMS[code ?? ''] : undefined;
  return listenProblem ?? error.stack ?? error.message;
}
