import { randomInt, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT_STATES, type CloseOutcomeKind } from '../../src/domain/outcome';
import { jsonAnswer } from '../../src/provider-kit/sandbox';
import type { ContractFixture } from '../provider-contract/contract';
import { providerContract } from '../provider-contract/suite';
import { provider } from './atlantis';
import { errorRows } from './atlantis/errors';
import { startSandbox } from './atlantis/sandbox';

const OUTCOMES: Record<string, string> = {
  '200-awaits-seal': 'actionRequired',
  '200-awaits-tide': 'scheduled',
  '200-noted': 'announced',
  '200-sinking': 'accepted',
  '200-sunk': 'closed',
  '200-under-seal-of-court': 'conflict documented',
  '400-bad-scroll': 'rejected PROVIDER_REJECTED_REQUEST',
  '401-wrong-key': 'authFailed',
  '404-no-such-vault': 'rejected ACCOUNT_NOT_FOUND',
  '409-pearls-left': 'conflict documented',
  '409-sank-already': 'alreadyClosed',
  '429-too-many-waves': 'notApplied PROVIDER_RATE_LIMITED',
  '500-maelstrom': 'unknown',
  '503-ebb': 'unavailable',
};
const READS = {
  AFLOAT: 'OPEN',
  SINKING: 'CLOSING',
  AWAITS_TIDE: 'SCHEDULED',
  AWAITS_SEAL: 'ACTION_REQUIRED',
  SUNK: 'CLOSED',
  WRECKED: 'FAILED',
  RESURFACED: 'WITHDRAWN',
} as const;

const eventBody = (what: string, vault: string) => JSON.stringify({ id: randomUUID(), what, vault, at: '2026-05-04T09:30:00.000Z' });

const folder = join(__dirname, 'atlantis/fixtures');
const fixtures = readdirSync(folder).map((file): ContractFixture => {
  const name = file.replace(/\.json$/, '');
  const { status, body } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { status: number; body: unknown };
  return { name, answer: jsonAnswer(status, body), outcome: OUTCOMES[name] ?? 'no outcome is written down' };
});

providerContract('Bank of Atlantis', {
  definition: provider,
  startSandbox: () => startSandbox(),
  accounts: [
    {
      kind: 'ACCOUNT',
      idType: 'PROVIDER_ID',
      fresh: () => ({ id: `ATL-${randomInt(10_000_000, 100_000_000)}` }),
      malformed: ['ATL-1234567', 'ATL-123456789', 'atl-12345678', 'xATL-12345678', 'ATL-12345678\n'],
    },
  ],
  fixtures,
  errorRows,
  errorAnswer: (status, code, text) => jsonAnswer(status, { error: { code, text } }),
  bareSuccess: {},
  reads: READS,
  readAnswer: ({ id }, standing) => jsonAnswer(200, { id, standing }),
  webhooks: {
    sign: (sandbox, body) => ({ method: 'POST', path: '/webhooks/bank', query: '', headers: sandbox.sealed(body), body }),
    events: [
      { name: 'VAULT_SUNK', body: ({ id }) => eventBody('VAULT_SUNK', id), news: 'closed' },
      { name: 'VAULT_MOVED', body: ({ id }) => eventBody('VAULT_MOVED', id), news: 'changed' },
    ],
    timed: true,
  },
  settings: {
    required: ['BASE_URL', 'API_KEY', 'WEBHOOK_SECRET'],
    wrong: { BASE_URL: ['http://bank.example', 'not-a-url'], API_KEY: ['too-short', 'has spaces in it, and a comma'], WEBHOOK_SECRET: ['too-short'] },
    secret: ['API_KEY', 'WEBHOOK_SECRET'],
  },
});

describe('the words of the contract', () => {
  it('are all spoken by the bank: every outcome', () => {
    const every: Record<CloseOutcomeKind, true> = {
      accepted: true,
      closed: true,
      announced: true,
      scheduled: true,
      actionRequired: true,
      rejected: true,
      alreadyClosed: true,
      conflict: true,
      authFailed: true,
      notApplied: true,
      unavailable: true,
      unknown: true,
    };
    const spoken = new Set(fixtures.map(({ outcome }) => outcome.split(' ')[0]));
    expect([...spoken].toSorted()).toEqual(Object.keys(every).toSorted());
  });

  it('are all spoken by the bank: every account state', () => {
    // A 404 is NOT_FOUND and any other word UNKNOWN: the contract has cases of its own for both.
    expect([...Object.values(READS), 'NOT_FOUND', 'UNKNOWN'].toSorted()).toEqual([...ACCOUNT_STATES].toSorted());
  });
});
