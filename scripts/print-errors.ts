// Writes docs/errors.md from the tables: `npm run generate`. CI fails when it differs from what is committed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerDefinitions } from '../providers/registry.generated';
import { CLOSURE_ERROR_CODES, ERROR_CODES, type ClosureErrorCode, type RetryAdvice } from '../src/domain/error-code';
import { errorsArray } from '../src/provider-kit/error-body';
import { type ErrorMeaning, type ErrorRow, judgeCloseAnswer } from '../src/provider-kit/judge-close';
import { judgeRead } from '../src/provider-kit/judge-read';

const ADVICE: Record<RetryAdvice, string> = {
  NEVER: 'No key will help.',
  AFTER_CHANGE: 'Mend the cause, then use a new key; the old one replays this refusal where a closure was recorded.',
  SAFE_NOW: 'The same key again, after `retryAfterSeconds`; a recorded closure goes on by itself.',
  READ_FIRST: 'Read the closure or the account, then decide.',
};

const WHAT_TO_DO: Record<ClosureErrorCode, string> = {
  INVALID_INPUT: 'Correct the value that `field` names. The key is still free.',
  UNKNOWN_PROVIDER: 'Take an id from `closureProviders`.',
  UNSUPPORTED_BY_PROVIDER: 'Leave out what `field` names, or ask `closureProviders` what the provider can do. The key is still free.',
  IDEMPOTENCY_KEY_REUSED: 'Give each intent a key of its own. To find what the key stands for: `closures(filter: { idempotencyKey })`.',
  CLOSURE_IN_PROGRESS: 'Follow the closure in the payload; it does what was asked for.',
  CLOSURE_NOT_FOUND: 'Check the id, and whose closure it is.',
  CLOSURE_NOT_CANCELLABLE: 'Follow the closure to its end.',
  CLOSURE_NOT_RESOLVABLE: 'Read the closure: it has moved on, or still works by itself.',
  ACCOUNT_NOT_FOUND: 'Check the account\'s id, its type and the provider.',
  ACCOUNT_ALREADY_CLOSED: 'Nothing: the account is closed.',
  CLOSURE_BLOCKED: 'Remove what `blockers` name, or wait for those that resolve by themselves; `closureEligibility` shows what is left.',
  ACCOUNT_STATE_CONFLICT: 'Ask `closureEligibility`; where it names nothing, ask the provider, quoting `providerRequestId`.',
  ACTION_REQUIRED: 'Do what `requiredAction` says.',
  PROVIDER_PERMISSION_DENIED: 'Have the operator of the gateway see to its rights at the provider, then use a new key.',
  PROVIDER_REJECTED_REQUEST: 'Tell the operator of the gateway: the request that it made is wrong for the provider.',
  PROVIDER_AUTHENTICATION_FAILED: 'Wait: the closure is tried again. The operator mends the credentials.',
  PROVIDER_RATE_LIMITED: 'Wait: the closure is tried again.',
  PROVIDER_UNAVAILABLE: 'Wait: the closure is tried again for as long as the outage takes.',
  PROVIDER_TIMEOUT: 'Ask again.',
  PROVIDER_PROTOCOL_ERROR: 'Read the account. The operator looks at `providerErrors` and the provider\'s documentation.',
  OUTCOME_UNKNOWN: 'Follow the closure: whether the request was applied is being found out. Do not ask the provider to close it by other ways meanwhile.',
  MANUAL_INTERVENTION_REQUIRED: 'Have a person look at the account at the provider and settle it with `resolveClosure`.',
  FORBIDDEN: 'Have somebody ask who may.',
  OVERLOADED: 'The same key again, a little later.',
  INTERNAL: 'The same key again; it finds out what became of the request. Report `correlationId` where it lasts.',
};

/** Our code for a meaning, and what more there is to it. */
function codeOf(meaning: ErrorMeaning): { code: ClosureErrorCode; note?: string } {
  switch (meaning.kind) {
    case 'rejected':
    case 'notApplied':
      return { code: meaning.code };
    case 'authFailed':
      return { code: 'PROVIDER_AUTHENTICATION_FAILED', note: 'after one more try' };
    case 'unavailable':
      return { code: 'PROVIDER_UNAVAILABLE' };
    case 'alreadyClosed':
      return { code: 'ACCOUNT_ALREADY_CLOSED', note: 'CLOSED without an error where an earlier request of the same closure is in doubt' };
    case 'conflict':
      return meaning.documented
        ? { code: 'ACCOUNT_STATE_CONFLICT', note: 'unless the read that follows says more: CLOSURE_BLOCKED, ACCOUNT_ALREADY_CLOSED, or no error where the account is closing' }
        : { code: 'PROVIDER_PROTOCOL_ERROR', note: 'unless the read that follows shows the account closing or closed' };
    case 'unknown':
      return { code: 'OUTCOME_UNKNOWN' };
  }
}

interface Given {
  code: ClosureErrorCode;
  line: string;
}

function given(status: number | string, word: string, meaning: ErrorMeaning): Given {
  const { code, note } = codeOf(meaning);
  return { code, line: `${status} ${word}${note ? ` (${note})` : ''}` };
}

/** In answer to the request to sell positions: it has no resend in the same breath, and "out of service" leaves it in doubt. */
function givenForSale({ status, word, meaning }: ErrorRow): Given {
  const code = meaning.kind === 'unavailable' ? 'OUTCOME_UNKNOWN' : codeOf(meaning).code;
  return { code, line: `${status} \`${word}\`` };
}

/** Every row of every provider's tables, by provider. */
const tables = providerDefinitions.flatMap(({ name, displayName }) => {
  const { errorRows, liquidationErrorRows } = require(`../providers/${name}/errors`) as Record<'errorRows', readonly ErrorRow[]> &
    Partial<Record<'liquidationErrorRows', readonly ErrorRow[]>>;
  const closing = { displayName, rows: errorRows.map(({ status, word, meaning }) => given(status, `\`${word}\``, meaning)) };
  return liquidationErrorRows ? [closing, { displayName: `${displayName}, selling positions`, rows: liquidationErrorRows.map(givenForSale) }] : [closing];
});

const STATUSES = [400, 401, 402, 403, 404, 405, 406, 409, 413, 414, 415, 418, 422, 429, 500, 502, 503, 504];
const BODIES: readonly [string, string | null, string][] = [
  ['names nothing known', 'application/json', '{"errors":[]}'],
  ['is empty', null, ''],
  ['is no JSON', 'text/html', '<html></html>'],
];

/** What is left of an answer that no table has: judged by the gateway's own code, not told again here. */
function fallback(status: number, mediaType: string | null, body: string): string {
  const answer = { kind: 'answer', status, headers: {}, mediaType, body: Buffer.from(body) } as const;
  const outcome = judgeCloseAnswer(answer, { success: {}, dialect: errorsArray, errors: [] }, { nowMs: 0 });
  switch (outcome.kind) {
    case 'accepted':
    case 'closed':
    case 'announced':
    case 'scheduled':
    case 'actionRequired':
      throw new Error('An error was taken for a success.');
    default:
      return codeOf(outcome).code;
  }
}

/** What an answer to a read comes to, by its status alone. */
function readFailure(status: number): ClosureErrorCode {
  const answer = { kind: 'answer', status, headers: {}, mediaType: null, body: Buffer.alloc(0) } as const;
  const read = judgeRead(answer, { dialect: errorsArray }, { nowMs: 0 });
  return read.kind === 'failed' ? read.failure.code : 'ACCOUNT_NOT_FOUND';
}

function section(code: ClosureErrorCode): string[] {
  const { retry, description } = ERROR_CODES[code];
  const sources = tables.flatMap(({ displayName, rows }) => {
    const lines = rows.filter((row) => row.code === code).map(({ line }) => line);
    return lines.length > 0 ? [`- ${displayName}: ${lines.join(', ')}`] : [];
  });
  return [
    `## ${code}`,
    '',
    description,
    '',
    `Retry advice: **${retry}**. ${WHAT_TO_DO[code]}`,
    '',
    ...(sources.length > 0 ? ['Given for:', '', ...sources, ''] : []),
  ];
}

const lines = [
  '<!-- Written by `npm run generate` from the error tables in src and providers; do not edit. -->',
  '',
  '# Errors',
  '',
  'Every expected outcome is data: `error` in a payload, or on a closure. Branch on `code`, and for codes that you do not',
  'know on `retry`:',
  '',
  '| advice | what it means |',
  '|---|---|',
  ...Object.entries(ADVICE).map(([advice, meaning]) => `| ${advice} | ${meaning} |`),
  '',
  ...CLOSURE_ERROR_CODES.flatMap(section),
  '## Selling positions',
  '',
  'What comes of the request to sell positions is shown in `error` on the closing account, and in its history. It refuses no',
  'closing: the same closure goes on. What its error advises is about the sale alone: after a refusal, sell at the provider by',
  'other means; a new key begins no sale beside a closing that is under way.',
  '',
  '## Reading accounts',
  '',
  '`closureEligibility`, `refreshClosure` and the gateway itself read accounts. The first two show in `error` what a read met, by the',
  'status of its answer unless its body says more (a 404 that does not name the account is PROVIDER_PROTOCOL_ERROR). A read of the',
  "gateway's own that fails refuses no closing; what the provider refuses to show of a closing account is in `blockersUnknown`:",
  '',
  ...[...new Set(STATUSES.map(readFailure))].map((code) => `- ${code}: ${STATUSES.filter((status) => readFailure(status) === code).join(', ')}`),
  '',
  'No answer in time is PROVIDER_TIMEOUT; no connection, or one that breaks, PROVIDER_UNAVAILABLE; what is not as documented',
  'PROVIDER_PROTOCOL_ERROR. While an account is being closed, a 404 decides nothing. A closing that the provider accepted and',
  'then, by its own word, did not complete is FAILED with ACCOUNT_STATE_CONFLICT: ask the provider why, and when that is',
  'mended ask again with a new key.',
  '',
  '`closureEligibility` says ACCOUNT_ALREADY_CLOSED of a closed account and ACCOUNT_STATE_CONFLICT of one that is being closed, with',
  '`eligible: false`: look for its closure. It needs no key when it is asked again. PROVIDER_AUTHENTICATION_FAILED may also mean that',
  'the client lacks a scope, where the provider answers both alike.',
  '',
  '## Answers that no provider\'s table has',
  '',
  'An answer to the close request is judged by its status where its body …',
  '',
  `| status | ${BODIES.map(([title]) => `… ${title}`).join(' | ')} |`,
  `|---|${BODIES.map(() => '---|').join('')}`,
  ...STATUSES.map((status) => `| ${status} | ${BODIES.map(([, mediaType, body]) => fallback(status, mediaType, body)).join(' | ')} |`),
  '',
  'A request that never left (no connection, name or TLS) is PROVIDER_UNAVAILABLE. A time-out, a reset, a cut body, a',
  'redirect and any success that is not documented are OUTCOME_UNKNOWN.',
];

writeFileSync(join(process.cwd(), 'docs', 'errors.md'), `${lines.join('\n')}\n`);
