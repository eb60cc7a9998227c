import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { jsonAnswer } from '../../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../../src/provider-kit/sandbox-faults';

/** What the sandbox answers: the documented samples from `fixtures/`, and answers that the page allows for without showing them. */

const fixtureSchema = z.strictObject({
  title: z.string(),
  note: z.string().optional(),
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  /** JSON; null: no body. */
  body: z.unknown(),
  /** The page that documents the answer. */
  source: z.url(),
});

export interface Fixture extends z.output<typeof fixtureSchema> {
  /** The file's name without its ending, for example "404-account-not-found". */
  name: string;
}

const folder = join(__dirname, '..', 'fixtures');

/** Every documented answer, by file name. */
export const FIXTURES: readonly Fixture[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .toSorted()
  .map((file) => ({ name: file.replace(/\.json$/, ''), ...fixtureSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))) }));

/** A documented answer as it goes over the wire. */
export function fixtureAnswer(name: string): SandboxAnswer {
  const fixture = FIXTURES.find((candidate) => candidate.name === name);
  if (!fixture) throw new Error(`There is no fixture ${name}.`);
  const { status, headers, body } = fixture;
  return { status, headers, body: body === null ? undefined : JSON.stringify(body) };
}

function errorAnswer(status: number, ...codes: string[]): SandboxAnswer {
  return jsonAnswer(status, { errors: codes.map((code) => ({ code, message: 'Sandbox answer', level: 'ERROR', description: 'Sandbox answer' })) });
}

/** The page names a balance that is not zero as a cause of 422 and shows no code for it: this one is the sandbox's own. */
export const BALANCE_NOT_ZERO = errorAnswer(422, 'SANDBOX_BALANCE_NOT_ZERO');

/** Answers within the documented schema that the page has no sample of. */
const VARIANTS: Record<string, SandboxAnswer> = {
  '400-no-errors': errorAnswer(400),
  '403-no-errors': errorAnswer(403),
  '404-no-errors': errorAnswer(404),
  '404-no-body': { status: 404 },
  '404-other-json': jsonAnswer(404, { message: 'no such thing' }),
  '409-no-errors': errorAnswer(409),
  '422-no-errors': errorAnswer(422),
  '422-unknown-code': errorAnswer(422, 'SOMETHING_ELSE'),
  '422-two-codes': errorAnswer(422, 'SOMETHING_ELSE', 'ACCOUNT_ALREADY_CLOSED'),
  '400-unknown-code': errorAnswer(400, 'SOMETHING_ELSE'),
  '401-no-body': { status: 401 },
  '429-no-body': { status: 429, headers: { 'retry-after': '2' } },
  '503-no-body': { status: 503, headers: { 'retry-after': '2' } },
  '500-no-errors': errorAnswer(500),
};

/** Account id (UUID) of an account whose close requests always get this answer. */
export interface MagicAnswer {
  accountId: string;
  /** A fixture's name, or a variant's. */
  name: string;
  answer: SandboxAnswer;
}

const numbered = (prefix: string, name: string, index: number): string =>
  `${prefix}-0000-4000-8000-${name.slice(0, 3).padStart(9, '0')}${String(index + 1).padStart(3, '0')}`;

/** One account for each documented error: `d0c00000-0000-4000-8000-000000<status><number within the status>`. */
export const DOCUMENTED_ANSWERS: readonly MagicAnswer[] = FIXTURES.filter(({ status }) => status >= 400).map(({ name, status }, _index, all) => {
  const index = all.filter((other) => other.status === status).findIndex((other) => other.name === name);
  return { accountId: numbered('d0c00000', String(status), index), name, answer: fixtureAnswer(name) };
});

/** One account for each variant: `d0c00001-0000-4000-8000-000000<status><number within the list>`. */
export const VARIANT_ANSWERS: readonly MagicAnswer[] = Object.entries(VARIANTS).map(([name, answer], index) => ({
  accountId: numbered('d0c00001', name, index),
  name,
  answer,
}));
