import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to one exchange. */
export type Interference =
  /** The connection breaks after so many bytes, by a reset or by an orderly end. */
  | { kind: 'cut'; direction: 'request' | 'answer'; afterBytes: number; how: 'reset' | 'end' }
  /** The server's answer is dropped, and these bytes come instead; then the connection ends. */
  | { kind: 'replace'; bytes: string; carriedOut: boolean };

export interface CutProxy {
  /** Origin without a trailing slash. */
  url: string;
  /** Does it to the next request that is meant; `head` is how its first bytes read. */
  interfere(isMeant: (head: string) => boolean, interference: Interference): void;
  /** Interferences that are still waiting for their request, or for enough bytes. */
  waiting(): number;
  dispose(): Promise<void>;
}

/** How much of a request is shown to those who wait for it, bytes. */
const HEAD = 300;

/**
 * A wire between a gateway and a server that it uses, for faults below the protocol. It relies on what the gateway's
 * clients do: a connection carries one request at a time, so a request begins where a chunk does.
 */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const plans: { isMeant: (head: string) => boolean; interference: Interference }[] = [];
  const sockets = new Set<Socket>();
  let unmet = 0;

  function planFor(chunk: Buffer): Interference | undefined {
    const head = chunk.subarray(0, HEAD).toString('latin1');
    const index = plans.findIndex(({ isMeant }) => isMeant(head));
    return index < 0 ? undefined : plans.splice(index, 1)[0]?.interference;
  }

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let plan: Interference | undefined;
    let passed = 0;
    let isAnswered = false;

    function close(how: 'reset' | 'end'): void {
      unmet -= 1;
      plan = undefined;
      if (how === 'reset') client.resetAndDestroy();
      else client.end();
      upstream.destroy();
    }

    /** Passes on what the plan lets through. */
    function pass(direction: 'request' | 'answer', chunk: Buffer, to: Socket): void {
      if (plan?.kind !== 'cut' || plan.direction !== direction) return void to.write(chunk);
      const { afterBytes, how } = plan;
      const rest = afterBytes - passed;
      passed += chunk.length;
      if (chunk.length <= rest) return void to.write(chunk);
      plan = { ...plan, afterBytes: 0 };
      if (rest === 0) close(how);
      else to.write(chunk.subarray(0, rest), () => close(how));
    }

    client.on('data', (chunk) => {
      // The exchange before was over too soon for its plan, which stays unmet.
      if (isAnswered) plan = undefined;
      isAnswered = false;
      const met = plan ? undefined : planFor(chunk);
      if (met) {
        plan = met;
        passed = 0;
        unmet += 1;
      }
      if (plan?.kind !== 'replace' || plan.carriedOut) return pass('request', chunk, upstream);
      client.end(plan.bytes, 'latin1');
      close('end');
    });
    upstream.on('data', (chunk) => {
      isAnswered = true;
      if (plan?.kind !== 'replace') return pass('answer', chunk, client);
      client.end(plan.bytes, 'latin1');
      close('end');
    });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        if (!other.destroyed && !other.writableEnded) other.end();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    interfere: (isMeant, interference) => void plans.push({ isMeant, interference }),
    waiting: () => plans.length + unmet,
    async dispose() {
      const closed = new Promise((resolve) => void server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
