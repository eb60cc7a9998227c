import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provider } from '../../providers/upvest';
import { errorRows, liquidationErrorRows } from '../../providers/upvest/errors';
import { startSandbox } from '../../providers/upvest/sandbox';
import { webhookEvent } from '../../providers/upvest/sandbox/webhook-events';
import type { AccountRef } from '../../src/domain/account';
import { jsonAnswer } from '../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../src/provider-kit/sandbox-faults';
import type { ContractFixture } from './contract';
import { providerContract } from './suite';

const folder = join(__dirname, '../../providers/upvest/fixtures');
const OUTCOMES: Record<string, string> = {
  '202': 'accepted',
  '400-invalid-request': 'rejected PROVIDER_REJECTED_REQUEST',
  '400-missing-client-id': 'rejected PROVIDER_REJECTED_REQUEST',
  '401-unauthorised': 'authFailed',
  '403-forbidden': 'rejected PROVIDER_PERMISSION_DENIED',
  '404-not-found': 'rejected ACCOUNT_NOT_FOUND',
  '406-not-acceptable': 'rejected PROVIDER_REJECTED_REQUEST',
  '409-conflict': 'conflict documented',
  '429-too-many-requests': 'notApplied PROVIDER_RATE_LIMITED',
  '500-internal': 'unknown',
  '503-unavailable': 'unavailable',
  '504-gateway-timeout': 'unknown',
};

const SALE_OUTCOMES: Record<string, string> = {
  '400-invalid-request': 'rejected PROVIDER_REJECTED_REQUEST',
  '400-missing-client-id': 'rejected PROVIDER_REJECTED_REQUEST',
  '400-missing-idempotency-key': 'rejected PROVIDER_REJECTED_REQUEST',
  '401-unauthorised': 'notApplied PROVIDER_AUTHENTICATION_FAILED',
  '403-forbidden': 'rejected PROVIDER_PERMISSION_DENIED',
  '404-not-found': 'rejected ACCOUNT_NOT_FOUND',
  '406-not-acceptable': 'rejected PROVIDER_REJECTED_REQUEST',
  '429-too-many-requests': 'notApplied PROVIDER_RATE_LIMITED',
  '500-internal': 'unknown',
  '503-unavailable': 'unknown',
  '504-gateway-timeout': 'unknown',
};

/** The fixtures whose name begins with the page's, and their outcomes by the rest of it. */
function fixturesOf(page: RegExp, outcomes: Record<string, string>): ContractFixture[] {
  return readdirSync(folder).filter((file) => page.test(file)).map((file) => {
    const name = file.replace(/\.json$/, '');
    const answer = JSON.parse(readFileSync(join(folder, file), 'utf8')) as SandboxAnswer;
    return { name, answer, outcome: outcomes[name.replace(page, '')] ?? 'no outcome is written down' };
  });
}

/** Both closing pages have the same answers, each with fixtures of its own. */
const fixtures = fixturesOf(/^account-(group-)?/, OUTCOMES);
/** What success looks like depends on the account: the sandbox shows it. */
const saleFixtures = fixturesOf(/^liquidation-/, SALE_OUTCOMES).filter(({ answer }) => answer.status >= 400);

function eventBody(type: string, { id }: AccountRef, status: string): string {
  return JSON.stringify({ payload: [webhookEvent(type, { id, status })] });
}

function problem(status: number, type: string, text: string): SandboxAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'upvest-request-id': text },
    body: JSON.stringify({ type, title: text, detail: text, status, request_id: text }),
  };
}

providerContract('upvest', {
  definition: provider,
  startSandbox: () => startSandbox(),
  tokens: { revoke: (sandbox) => sandbox.revokeTokens(), issued: (sandbox) => sandbox.credentials() },
  accounts: (['ACCOUNT', 'ACCOUNT_GROUP'] as const).map((kind) => ({
    kind,
    idType: 'UUID',
    fresh: () => ({ id: randomUUID().toUpperCase() }),
    malformed: ['7f1d3f4e5a2f4a6d9e190b8a4c2d1e33', '{7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33}'],
  })),
  fixtures,
  errorRows,
  errorAnswer: problem,
  bareSuccess: { 202: 'accepted' },
  reads: { ACTIVE: 'OPEN', PENDING_APPROVAL: 'OPEN', LOCKED: 'OPEN', CLOSING: 'CLOSING', CLOSED: 'CLOSED' },
  readAnswer: ({ id }, status) => ({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id, status }) }),
  groups: {
    open: (sandbox, accounts) => sandbox.openGroup({ accounts }),
    listAnswer: (group, { id }, status) => jsonAnswer(200, { data: [{ id, status, account_group_id: group.id }] }),
  },
  webhooks: {
    sign: (sandbox, body) => ({ method: 'POST', path: '/webhooks/bank', query: '', ...sandbox.signDelivery(body, { path: '/webhooks/bank' }) }),
    events: [
      { name: 'ACCOUNT.CLOSING_INITIATED', body: (account) => eventBody('ACCOUNT.CLOSING_INITIATED', account, 'CLOSING'), news: 'closing' },
      { name: 'ACCOUNT.CLOSED', body: (account) => eventBody('ACCOUNT.CLOSED', account, 'CLOSED'), news: 'closed' },
      { name: 'ACCOUNT.LOCKED', body: (account) => eventBody('ACCOUNT.LOCKED', account, 'LOCKED'), news: 'changed' },
    ],
    timed: true,
  },
  sales: {
    fixtures: saleFixtures,
    errorRows: liquidationErrorRows,
    states: { NEW: 'OPEN', PROCESSING: 'OPEN', FILLED: 'OPEN', SETTLED: 'SETTLED', CANCELLED: 'CANCELLED' },
    listAnswer: ({ id }, status) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: [{ id: randomUUID(), account_id: id, status, created_at: '2026-05-04T09:30:00.000Z' }] }),
    }),
  },
  settings: {
    required: ['BASE_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'KEY_ID', 'PRIVATE_KEY'],
    wrong: {
      BASE_URL: ['http://bank.example', 'https://user:password@bank.example', 'not-a-url'],
      CLIENT_ID: ['not-a-uuid'],
      CLIENT_SECRET: ['s'.repeat(1001)],
      KEY_ID: ['not-a-uuid'],
      PRIVATE_KEY: ['not-a-key', 'file:/no/such/file'],
      PRIVATE_KEY_PASSPHRASE: [],
      SIGNATURE_VERSION: ['7'],
      API_VERSION: ['2'],
      REQUESTS_PER_SECOND: ['0', 'a lot of them'],
      WEBHOOK_PATH: ['no-slash', '/with?query'],
      WEBHOOK_TOLERANCE_SECONDS: ['0', '-5', 'an hour'],
    },
    secret: ['CLIENT_SECRET', 'PRIVATE_KEY'],
  },
});
