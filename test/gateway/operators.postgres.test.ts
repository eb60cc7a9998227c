import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Child } from '../support/child';
import { type Client, type ClosureView, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { createDatabase, type TestDatabase } from '../support/postgres-database';

/** People and workers of two gateways on one database, all at once at one closure. */

const ROUNDS = 15;
const HORIZON_MS = 1_500;
const MANY = 200;

let database: TestDatabase;
let sandboxes: Sandboxes;
let children: Child[];
let clients: [Client, Client];

beforeAll(async () => {
  execFileSync('node', ['scripts/build.mjs']);
  database = await createDatabase();
  sandboxes = await startBothSandboxes();
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
    const closure = await clients[0].until(id, 'NEEDS_REVIEW');
    const outcomes = ['FAILED', 'REJECTED', 'FAILED', 'REJECTED', 'FAILED', 'REJECTED'];
    const others = [ask(clients[0], 'refreshClosure', id), ask(clients[1], 'refreshClosure', id)];
    const payloads = await Promise.all(outcomes.map((outcome, index) => resolve(clients[index % 2]!, closure, outcome)));
    await Promise.all(others);
    const decided = payloads.filter(({ error }) => error === null);
    const told = payloads.flatMap(({ error }) => error?.code ?? []);
    // A look in between may have raised the version for all of them: then nobody's counts.
    expect(decided.length).toBeLessThanOrEqual(1);
    expect(told.filter((code) => !['INVALID_INPUT', 'CLOSURE_NOT_RESOLVABLE'].includes(code))).toEqual([]);
    if (decided.length === 0) continue;
    const after = await ended(id);
    expect(after.status).toBe(decided[0]!.closure!.status);
    expect(after.history.filter(({ cause }) => cause === 'OPERATOR')).toHaveLength(1);
  }
}, 120_000);
