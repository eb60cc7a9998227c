/** One deliberate mistake, as small as it could slip into a change. */
export interface Variant {
  name: string;
  /** File below the root; each text must be there exactly once, and is replaced by the other. */
  patches: readonly (readonly [file: string, text: string, replacement: string])[];
  /** The test files that have to notice. */
  tests: readonly string[];
  /** Where one test of a long file is enough: its name. */
  only?: string;
}

const ANSWER = 'src/domain/rules/answer.ts';
const WRITES = 'src/store/sqlite/writes.ts';
const HTTP = 'src/provider-kit/http.ts';
const REQUEST = 'const response = await dispatcher.request({ method, path: path + query, headers, body, signal: deadline });';
const MARK = '    await request.beforeFirstByte?.();\n';
const START = `    const from = this.#clock.monotonic();
    const isTooLate = () => this.#clock.monotonic() - from >= this.#timeoutMs;
    const deadline = AbortSignal.timeout(this.#timeoutMs);
`;

/** What a bank's reviewer would fear most. */
export const VARIANTS: readonly Variant[] = [
  {
    name: 'the request leaves before its mark is durable',
    patches: [[HTTP, MARK, ''], [HTTP, REQUEST, `${REQUEST}\n  ${MARK}`]],
    tests: ['test/provider-kit/http.test.ts'],
  },
  {
    name: 'a time-out is a failure',
    patches: [[ANSWER, "set: { status: 'UNCONFIRMED', error: errorOf(situation, 'OUTCOME_UNKNOWN'", "set: { status: 'FAILED', error: errorOf(situation, 'OUTCOME_UNKNOWN'"]],
    tests: ['test/engine/answers.test.ts'],
    only: 'the first answer',
  },
  {
    name: "a worker's write without its fence",
    patches: [
      [WRITES, 'audit_count FROM closure WHERE id = ? AND ${guardColumn} = ?', "audit_count FROM closure WHERE id = ? AND (${guardColumn} = ? OR '${guardColumn}' = 'fence')"],
      [WRITES, "WHERE id = ? AND ${guardColumn} = ? RETURNING *", "WHERE id = ? AND (${guardColumn} = ? OR '${guardColumn}' = 'fence') RETURNING *"],
    ],
    tests: ['test/store/sqlite.test.ts'],
  },
  {
    name: 'closures are looked up without the tenant',
    patches: [['src/store/sqlite/reads.ts', 'SELECT * FROM closure WHERE tenant = ? AND id IN (SELECT value FROM json_each(?))', 'SELECT * FROM closure WHERE ? IS NOT NULL AND id IN (SELECT value FROM json_each(?))']],
    tests: ['test/store/sqlite.test.ts'],
  },
  {
    name: "PostgreSQL: a worker's write without its fence",
    patches: [['src/store/migrations/postgres/0003-writes.sql', "AND (fence = (change ->> 'fence')::integer OR version", "AND (change ? 'fence' OR version"]],
    tests: ['test/store/pglite.test.ts'],
    only: 'claim',
  },
  {
    name: 'PostgreSQL: closures are looked up without the tenant',
    patches: [['src/store/postgres/reads.ts', 'SELECT * FROM closure WHERE tenant = $1 AND id = ANY ($2)', 'SELECT * FROM closure WHERE $1::text IS NOT NULL AND id = ANY ($2)']],
    tests: ['test/store/pglite.test.ts'],
    only: 'tenant',
  },
  {
    name: 'a signature is looked at and not verified',
    patches: [['src/provider-kit/signatures.ts', 'isSigningKey(key) && verify(hashFor(key), base, key, claimed.bytes)', 'isSigningKey(key) && (verify(hashFor(key), base, key, claimed.bytes) || claimed.bytes.length > 0)']],
    tests: ['test/provider-kit/webhook-signature.test.ts'],
  },
  {
    name: 'a signature in loose base64 is taken',
    patches: [['src/provider-kit/signatures.ts', "    if (serializeDictionary(signatures) !== headers['signature']?.trim()) return null;\n", '']],
    tests: ['test/providers/upvest/webhooks-flips.test.ts'],
  },
  {
    name: 'redirects are followed',
    patches: [
      [HTTP, 'buildConnector, type Dispatcher, errors, Pool', 'buildConnector, type Dispatcher, errors, interceptors, Pool'],
      [HTTP, 'compose(lastLook(isTooLate))', 'compose(lastLook(isTooLate), interceptors.redirect({ maxRedirections: 2 }))'],
    ],
    tests: ['test/provider-kit/http.test.ts'],
  },
  {
    name: 'the transport sends again what broke',
    patches: [[HTTP, REQUEST, 'const ask = () => dispatcher.request({ method, path: path + query, headers, body, signal: deadline });\n      const response = await ask().catch(ask);']],
    tests: ['test/provider-kit/http.test.ts'],
  },
  {
    name: 'the worker sleeps on Retry-After',
    patches: [
      [
        'src/engine/driver.ts',
        '        situation = sent.situation;\n',
        "        situation = sent.situation;\n        if (sent.kind === 'answered' && 'retryAfterMs' in sent.outcome) await new Promise((resolve) => setTimeout(resolve, sent.outcome.retryAfterMs).unref());\n",
      ],
    ],
    tests: ['test/engine/answers.test.ts'],
  },
  {
    name: 'a resend does not wait for the visibility lag',
    patches: [['src/domain/rules/situation.ts', 'attempt.markedAt + attempt.deadlineMs)) + visibilityLagMs;', 'attempt.markedAt + attempt.deadlineMs)) + 0 * visibilityLagMs;']],
    tests: ['test/model/protocol.test.ts'],
    only: 'accepted, then closing',
  },
  {
    name: 'a worker that was stopped resends past the horizon',
    patches: [['src/domain/rules/next-step.ts', 'if (looks.resend && !isPastHorizon(situation, facts))', 'if (looks.resend)']],
    tests: ['test/model/protocol.test.ts'],
    only: 'accepted, then closing',
  },
  {
    name: 'a refusal refuses while another request is in doubt',
    patches: [[ANSWER, 'function refused({ attempts }: Situation, error: ReturnType<typeof errorOf>): Verdict {\n  if (attempts.some(mayBeApplied)) {', 'function refused({ attempts }: Situation, error: ReturnType<typeof errorOf>): Verdict {\n  if (attempts.some(() => false)) {']],
    tests: ['test/engine/answers.test.ts'],
  },
  {
    name: '"out of service" is taken for a proof',
    patches: [[ANSWER, "unavailable: 'UNAVAILABLE',", "unavailable: 'NOT_APPLIED',"]],
    tests: ['test/engine/promises.test.ts'],
  },
  {
    name: 'a refused token refuses the closure',
    patches: [
      [
        ANSWER,
        "        set: {\n          status: waiting,\n          error: errorOf(situation, 'PROVIDER_AUTHENTICATION_FAILED'",
        "        set: {\n          status: 'REJECTED',\n          error: errorOf(situation, 'PROVIDER_AUTHENTICATION_FAILED'",
      ],
    ],
    tests: ['test/engine/answers.test.ts'],
  },
  {
    name: 'a late answer is dropped with its claim',
    patches: [['src/engine/driver.ts', 'if (attempt !== null) await this.applyLate(', 'if (attempt === -1) await this.applyLate(']],
    tests: ['test/engine/promises.test.ts'],
  },
  {
    name: 'an undocumented success is a success',
    patches: [['src/provider-kit/judge-close.ts', "if (!success) return { kind: 'unknown', detail: 'The answer had a status that is not documented.' };", "if (!success) return { kind: 'closed' };"]],
    tests: ['test/provider-kit/judge-close.test.ts'],
  },
  {
    name: 'a webhook reopens',
    patches: [['src/domain/rules/news.ts', "return news.kind === 'changed' && facts.canRead ? { verdict: { set: {}, next: { kind: 'now' } } } : null;", "return news.kind === 'changed' ? { verdict: { set: { status: 'REOPENED' }, next: { kind: 'never' } } } : null;"]],
    tests: ['test/engine/webhooks.test.ts'],
    only: 'a webhook never reopens',
  },
  {
    name: 'two closures of one account may be live',
    patches: [
      ['src/store/sqlite/identifiers.ts', 'AND lock_key = ? AND live = 1', 'AND lock_key = ? AND live = 2'],
      ['src/store/migrations/sqlite/0001-closures.sql', 'CREATE UNIQUE INDEX identifier_live', 'CREATE INDEX identifier_live'],
    ],
    tests: ['test/engine/promises.test.ts'],
  },
  {
    name: 'a key belongs to whoever knows it',
    patches: [
      [WRITES, "tenant = ? AND subject = ? AND idempotency_key = ?'", "tenant = ? AND ? IS NOT NULL AND idempotency_key = ?'"],
    ],
    tests: ['test/engine/promises.test.ts'],
  },
  {
    name: 'a key is replayed for any input',
    patches: [['src/engine/close-account.ts', 'if (closure.fingerprint !== intake.fingerprint) {', "if (closure.fingerprint === '') {"]],
    tests: ['test/engine/promises.test.ts'],
  },
  {
    name: 'a write is acknowledged before the commit',
    patches: [['src/store/sqlite/group-commit.ts', '      const settle = waiter.perform();\n', '      const settle = waiter.perform();\n      settle();\n']],
    tests: ['test/store/group-commit.test.ts'],
  },
  {
    name: 'the disk is not waited for',
    patches: [['src/store/sqlite/database.ts', 'const FULL = 2;', 'const FULL = 0;'], ['src/store/sqlite/database.ts', "db.all('PRAGMA synchronous = FULL');", "db.all('PRAGMA synchronous = OFF');"]],
    tests: ['test/store/folder.test.ts'],
  },
  {
    name: 'nothing is redacted',
    patches: [['src/provider-kit/redact.ts', 'export function redactText(text: string): string {\n', 'export function redactText(text: string): string {\n  if (text.length > 0) return text;\n']],
    tests: ['test/provider-kit/redact.test.ts'],
  },
  {
    name: 'a closure with a request in doubt can be withdrawn',
    patches: [['src/engine/operate.ts', 'closingSeenAt === null && !attempts.some(mayBeApplied);', 'closingSeenAt === null && attempts.length >= 0;']],
    tests: ['test/engine/promises.test.ts', 'test/model/engine.property.test.ts'],
  },
  {
    name: "a request's time counts from its first byte",
    patches: [
      [HTTP, START, ''],
      [HTTP, MARK, `${MARK}${START}`],
    ],
    tests: ['test/provider-kit/http.test.ts'],
  },
];
