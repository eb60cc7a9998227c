import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { webhookEvent } from '../../providers/upvest/sandbox/webhook-events';
import { canBecome, type ClosureStatus } from '../../src/domain/closure-status';
import { until } from '../faults/waiting';
import type { Child } from '../support/child';
import { type Client, type ClosureView, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { createDatabase, type TestDatabase } from '../support/postgres-database';

/** People and workers of two gateways on one database, all at once at one closure. */

const ROUNDS = 15;
const HORIZON_MS = 1_500;
const MANY = 200;
/** How much later reads show a change than webhooks tell of it; the gateways are told of 60. */
const READ_LAG_MS = 50;

let database: TestDatabase;
let sandboxes: Sandboxes;
let children: Child[];
let clients: [Client, Client];

beforeAll(async () => {
  execFileSync('node', ['scripts/build.mjs']);
  database = await createDatabase();
  sandboxes = await startBothSandboxes({ upvest: { readLagMs: READ_LAG_MS } });
  const env = { DATABASE_URL: database.url, PROVIDER_TIMEOUT_MS: '1000', RECONCILE_HORIZON_MS: String(HORIZON_MS), ...environmentFor({ ...sandboxes }) };
  const gateways = await Promise.all([startGatewayProcess(env), startGatewayProcess(env)]);
  children = gateways.map(({ child }) => child);
  clients = [gateways[0].client, gateways[1].client];
}, 120_000);
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  await database.dispose();
});

interface Payload {
  closure: { status: string; version: number } | null;
  error: { code: string } | null;
}

async function ask(client: Client, name: 'cancelClosure' | 'refreshClosure', id: string): Promise<Payload> {
  const document = `mutation ($id: ID!) { ${name}(closureId: $id) { closure { status version } error { code } } }`;
  return (await client.graphql<Record<string, Payload>>(document, { id }))[name]!;
}

async function resolve(client: Client, closure: ClosureView, outcome: string): Promise<Payload> {
  const document = 'mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { closure { status version } error { code } } }';
  const input = { closureId: closure.id, outcome, note: 'As the test has it.', expectedVersion: closure.version };
  return (await client.graphql<{ resolveClosure: Payload }>(document, { input })).resolveClosure;
}

async function ended(id: string): Promise<ClosureView> {
  for (;;) {
    const closure = await clients[0].status(id);
    if (closure?.terminal) return closure;
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

it('a closing is withdrawn or carried out, and never both, whoever asks what where and when', async () => {
  const ends = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = randomUUID();
    // Put off a few times, which proves each time that nothing was done: there are moments in which it can be withdrawn.
    sandboxes.emoney.script(id, 'close', Array.from({ length: 1 + (round % 4) }, () => 'throttled-nonsense' as const));
    const { closure } = await clients[round % 2]!.close({ account: { provider: 'emoney', id } });
    const names = ['refreshClosure', 'cancelClosure', 'refreshClosure', 'cancelClosure', 'cancelClosure', 'refreshClosure'] as const;
    await new Promise((wait) => setTimeout(wait, round * 8));
    const payloads = await Promise.all(names.map(async (name, index) => ({ name, ...(await ask(clients[index % 2]!, name, closure!.id)) })));
    const withdrawn = payloads.filter(({ name, error }) => name === 'cancelClosure' && error === null).length;
    const { status, history } = await ended(closure!.id);
    ends.add(status);
    expect({ status, withdrawn, closes: sandboxes.emoney.effectiveCloses(id) }).toEqual(
      status === 'CANCELLED' ? { status, withdrawn: 1, closes: 0 } : { status: 'CLOSED', withdrawn: 0, closes: 1 },
    );
    expect(history.filter(({ to }) => to === status)).toHaveLength(1);
  }
  expect([...ends].toSorted()).toEqual(['CANCELLED', 'CLOSED']);
}, 120_000);

it('a closing ends once, whoever hears of its end from where, and whoever asks what meanwhile', async () => {
  const { upvest } = sandboxes;
  const path = '/webhooks/upvest';
  const heard = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = randomUUID();
    // It ends when it is told to.
    upvest.change(id, { closingMs: null });
    upvest.script(id, 'close', [round % 2 === 0 ? 'normal' : 'reset-after']);
    const { closure } = await clients[round % 2]!.close({ account: { provider: 'upvest', id } });
    // The end is told by two events, so that each process may have one of them to apply, and each event to both.
    const told = [0, 1].map(() => upvest.signDelivery([webhookEvent('ACCOUNT.CLOSED', { id, status: 'CLOSED' })], { path }));
    upvest.change(id, { closingMs: 0 });
    const deliveries = told.flatMap(({ headers, body }) => clients.map(({ url }) => fetch(url + path, { method: 'POST', headers, body: body.toString() })));
    // Reads show the end later: looks begin before, with and after the first of them.
    await new Promise((wait) => setTimeout(wait, (round % 5) * READ_LAG_MS / 2));
    const names = ['refreshClosure', 'cancelClosure', 'refreshClosure', 'cancelClosure', 'cancelClosure', 'refreshClosure'] as const;
    const payloads = await Promise.all(names.map((name, index) => ask(clients[index % 2]!, name, closure!.id)));
    expect((await Promise.all(deliveries)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const events = () => database.sql(`SELECT outcome FROM webhook_event WHERE payload LIKE '%${id}%'`);
    expect(await until(async () => (await events()).every(({ outcome }) => outcome !== null))).toBe(true);
    expect(await events()).toEqual([{ outcome: 'APPLIED' }, { outcome: 'APPLIED' }]);

    const { status, attempts, history } = await ended(closure!.id);
    expect({ status, attempts, requests: upvest.closeRequests(id), closes: upvest.effectiveCloses(id) }).toEqual({ status: 'CLOSED', attempts: 1, requests: 1, closes: 1 });
    expect(payloads.map(({ error }) => error?.code ?? null)).toEqual(names.map((name) => (name === 'cancelClosure' ? 'CLOSURE_NOT_CANCELLABLE' : null)));
    expect(history.filter(({ to }) => to === 'CLOSED')).toHaveLength(1);
    const moves = history.filter(({ from, to }) => from !== to);
    expect(moves.map(({ from }) => from)).toEqual([null, ...moves.slice(0, -1).map(({ to }) => to)]);
    for (const { from, to } of moves.slice(1)) expect(canBecome(from as ClosureStatus, to as ClosureStatus)).toBe(true);
    heard.add(moves.at(-1)!.cause);
  }
  // Where reads always came first, no webhook raced anything.
  expect([...heard]).toContain('WEBHOOK');
  // A move that the state machine does not have is refused by the store, and operations are told.
  for (const child of children) expect(child.stdout()).not.toMatch(/illegal write|kept webhooks could not be applied/);
}, 120_000);

it("one person's decision counts, and every other one is told to look again", async () => {
  const closures = await Promise.all(
    Array.from({ length: 4 }, async (_, index) => {
      const id = randomUUID();
      sandboxes.emoney.script(id, 'close', Array.from({ length: MANY }, () => 'reset-before' as const));
      const { closure } = await clients[index % 2]!.close({ account: { provider: 'emoney', id } });
      return closure!.id;
    }),
  );
  for (const id of closures) {
    let decided: Payload[] = [];
    // A look in between may have raised the version for all of them: then nobody's decision counts, and they look again.
    while (decided.length === 0) {
      const closure = await clients[0].until(id, 'NEEDS_REVIEW');
      const outcomes = ['FAILED', 'REJECTED', 'FAILED', 'REJECTED', 'FAILED', 'REJECTED'];
      const others = [ask(clients[0], 'refreshClosure', id), ask(clients[1], 'refreshClosure', id)];
      const payloads = await Promise.all(outcomes.map((outcome, index) => resolve(clients[index % 2]!, closure, outcome)));
      await Promise.all(others);
      decided = payloads.filter(({ error }) => error === null);
      const told = payloads.flatMap(({ error }) => error?.code ?? []);
      expect(decided.length).toBeLessThanOrEqual(1);
      expect(told.filter((code) => !['INVALID_INPUT', 'CLOSURE_NOT_RESOLVABLE'].includes(code))).toEqual([]);
    }
    const after = await ended(id);
    expect(after.status).toBe(decided[0]!.closure!.status);
    expect(after.history.filter(({ cause }) => cause === 'OPERATOR')).toHaveLength(1);
  }
}, 120_000);
