/** One thing that is wrong with the environment. */
export interface ConfigProblem {
  /** The variable's name. */
  variable: string;
  /** Whole sentences; no value of a provider's setting is in them. */
  sentence: string;
}

/** The environment cannot be used. The message has one line per problem: `VARIABLE: sentence`. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ variable, sentence }) => `${variable}: ${sentence}`).join('\n'));
    this.name = 'ConfigError';
  }
}
