import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from '../support/child';
import { freePorts } from '../support/free-port';
import { type Client, type ClosureView, environmentFor, freshKey, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';

const PROVIDERS = ['upvest', 'emoney'] as const;
type Provider = (typeof PROVIDERS)[number];

/** A store that can be lost, with the backup that docs/operating.md says for it. */
export interface BackedUpStore {
  /** What a gateway process needs in its environment to use it: the first one, or what took its place. */
  env(): Record<string, string>;
  backUp(): Promise<void>;
  /** As after the loss of the machine: the store is gone, and the backup is put in the place of another. */
  loseAndRestore(): Promise<void>;
  /** What is wrong with the audit trail, which is in the backup, too. */
  troubles(): Promise<unknown[]>;
  dispose(): Promise<void>;
}

export interface Asked {
  provider: Provider;
  id: string;
  idempotencyKey: string;
  closureId?: string;
}

export const request = (provider: Provider): Asked => ({ provider, id: randomUUID(), idempotencyKey: freshKey() });

export function ask(client: Client, { provider, id, idempotencyKey }: Asked) {
  return client.close({ idempotencyKey, account: { provider, id } });
}

/** One gateway at a time on a store that is backed up, lost and restored. */
export class RestoreBench {
  private running: Child | undefined;

  private constructor(
    readonly store: BackedUpStore,
    readonly sandboxes: Sandboxes,
  ) {}

  static async start(makeStore: () => Promise<BackedUpStore>): Promise<RestoreBench> {
    return new RestoreBench(await makeStore(), await startBothSandboxes());
  }

  async gateway(env: Record<string, string> = {}): Promise<Client> {
    const common = { RECONCILE_HORIZON_MS: '86400000', ...environmentFor({ ...this.sandboxes }) };
    const { child, client } = await startGatewayProcess({ ...this.store.env(), ...common, ...env });
    this.running = child;
    return client;
  }

  async stop(): Promise<void> {
    await this.running?.kill();
    this.running = undefined;
  }

  async loseAndRestore(): Promise<void> {
    await this.stop();
    await this.store.loseAndRestore();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await Promise.all([this.sandboxes.upvest.dispose(), this.sandboxes.emoney.dispose()]);
    await this.store.dispose();
  }
}

/** Where nobody listens: no request can reach a provider. */
async function unreachable(): Promise<Record<string, string>> {
  const nowhere = `http://127.0.0.1:${await freePorts(1)}`;
  return { UPVEST_BASE_URL: nowhere, EMONEY_BASE_URL: nowhere, EMONEY_TOKEN_URL: `${nowhere}/token` };
}

async function idsIn(client: Client, status: string): Promise<string[]> {
  const query = 'query ($status: [ClosureStatus!]) { closures(first: 100, filter: { status: $status }) { edges { node { id } } } }';
  const { closures } = await client.graphql<{ closures: { edges: { node: { id: string } }[] } }>(query, { status: [status] });
  return closures.edges.map(({ node }) => node.id);
}

/** What docs/operating.md promises of a restore, on any store. */
export function restoreSuite(makeStore: () => Promise<BackedUpStore>): void {
  let bench: RestoreBench;
  beforeAll(() => {
    execFileSync('node', ['scripts/build.mjs']);
  });
  beforeEach(async () => {
    bench = await RestoreBench.start(makeStore);
  });
  afterEach(() => bench.dispose());

  describe('a backup taken beside a gateway under load', () => {
    const IN_FLIGHT = 8;

    it('has every closure that was acknowledged before it; restored, none is closed twice', async () => {
      const { sandboxes, store } = bench;
      const asked: Asked[] = [];
      const acknowledged = () => asked.filter(({ closureId }) => closureId !== undefined);
      const client = await bench.gateway();
      const enough = new AbortController();
      async function load(): Promise<void> {
        while (!enough.signal.aborted) {
          const next = request(PROVIDERS[asked.length % 2]!);
          asked.push(next);
          next.closureId = (await ask(client, next)).closure?.id;
        }
      }
      const callers = Array.from({ length: IN_FLIGHT }, load);
      while (acknowledged().length < 40) await wait(2);

      // Applied, and unanswered while the backup is taken.
      const inDoubt = PROVIDERS.map(request);
      for (const { provider, id } of inDoubt) sandboxes[provider].script(id, 'close', ['hang-after']);
      const answers = inDoubt.map((one) => ask(client, one));
      for (const { provider, id } of inDoubt) while (sandboxes[provider].effectiveCloses(id) === 0) await wait(2);

      const before = [...acknowledged()];
      await store.backUp();
      const during = acknowledged().length;
      while (acknowledged().length < during + 40) await wait(2);
      enough.abort();
      await Promise.all([...callers, ...answers]);
      await bench.loseAndRestore();

      const restored = await bench.gateway();
      for (const { closureId } of before) expect(await restored.status(closureId!)).not.toBeNull();
      // All callers come again with their keys, as after any answer that was lost.
      for (const one of [...asked, ...inDoubt]) {
        const { closure } = await ask(restored, one);
        const done = await restored.until(closure?.id ?? '', 'CLOSED', 'REJECTED');
        if (done.status === 'REJECTED') expect(done.error?.code).toBe('ACCOUNT_ALREADY_CLOSED');
        expect(sandboxes[one.provider].effectiveCloses(one.id)).toBe(1);
      }
      for (const { idempotencyKey, closureId, ...one } of before) {
        const { closure, replayed } = await ask(restored, { idempotencyKey, ...one });
        expect({ replayed, id: closure?.id }).toEqual({ replayed: true, id: closureId });
      }
      for (const { idempotencyKey, ...one } of inDoubt) {
        const { closure, replayed } = await ask(restored, { idempotencyKey, ...one });
        expect({ replayed, status: closure?.status }).toEqual({ replayed: true, status: 'CLOSED' });
      }
      await bench.stop();
      expect(await store.troubles()).toEqual([]);
    });
  });

  describe('what happened after the backup', () => {
    /** One closure at each provider, recorded and not sent yet when the backup was taken. */
    async function backedUpUnsent(): Promise<{ asked: Asked; closureId: string }[]> {
      const client = await bench.gateway(await unreachable());
      const unsent = [];
      for (const asked of PROVIDERS.map(request)) {
        const { closure } = await ask(client, asked);
        expect(closure).toMatchObject({ status: 'REQUESTED', attempts: 0 });
        unsent.push({ asked, closureId: closure!.id });
      }
      await bench.store.backUp();
      await bench.stop();
      return unsent;
    }

    it('a closure sent and closed since is sent again, and told to be closed already', async () => {
      const unsent = await backedUpUnsent();
      const client = await bench.gateway();
      for (const { closureId } of unsent) await client.until(closureId, 'CLOSED');
      await bench.loseAndRestore();

      const restored = await bench.gateway();
      for (const { asked, closureId } of unsent) {
        const done: ClosureView = await restored.until(closureId, 'REJECTED');
        expect(done.error).toMatchObject({ code: 'ACCOUNT_ALREADY_CLOSED', retry: 'NEVER' });
        expect(bench.sandboxes[asked.provider].effectiveCloses(asked.id)).toBe(1);
      }
    });

    it('a closure withdrawn since is not sent, where it is withdrawn again before providers can be reached', async () => {
      const unsent = await backedUpUnsent();
      await bench.loseAndRestore();

      const held = await bench.gateway(await unreachable());
      const waiting = await idsIn(held, 'REQUESTED');
      expect(waiting.toSorted()).toEqual(unsent.map(({ closureId }) => closureId).toSorted());
      const [withdrawn, wanted] = unsent as [(typeof unsent)[number], (typeof unsent)[number]];
      const cancel = 'mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { status } error { code } } }';
      expect(await held.graphql(cancel, { id: withdrawn.closureId })).toEqual({ cancelClosure: { closure: { status: 'CANCELLED' }, error: null } });
      await bench.stop();

      const restored = await bench.gateway();
      await restored.until(wanted.closureId, 'CLOSED');
      expect(await restored.status(withdrawn.closureId)).toMatchObject({ status: 'CANCELLED' });
      expect(bench.sandboxes[withdrawn.asked.provider].closeRequests(withdrawn.asked.id)).toBe(0);
    });
  });

  describe('what is in doubt in the backup', () => {
    it('is read and not sent again, where the horizon is set to have passed', async () => {
      const client = await bench.gateway({ PROVIDER_TIMEOUT_MS: '20000' });
      const asked = request('upvest');
      bench.sandboxes.upvest.script(asked.id, 'close', ['hang-before']);
      const lost = ask(client, asked).catch(() => undefined);
      while (bench.sandboxes.upvest.closeRequests(asked.id) === 0) await wait(2);
      await bench.store.backUp();
      await bench.loseAndRestore();
      await lost;

      const restored = await bench.gateway({ RECONCILE_HORIZON_MS: '1', PROVIDER_TIMEOUT_MS: '500' });
      const { closure } = await ask(restored, asked);
      const done = await restored.until(closure!.id, 'NEEDS_REVIEW');
      expect(done.history.map(({ to }) => to)).toEqual(['REQUESTED', 'UNCONFIRMED', 'NEEDS_REVIEW']);
      expect(bench.sandboxes.upvest.closeRequests(asked.id)).toBe(1);
    });
  });
}
