import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to one exchange. */
export type Interference =
  /** The connection breaks after so many bytes, by a reset or by an orderly end. */
  | { kind: 'cut'; direction: 'request' | 'answer'; afterBytes: number; how: 'reset' | 'end' }
  /** The provider's answer is dropped, and these bytes come instead; then the connection ends. */
  | { kind: 'replace'; bytes: string; carriedOut: boolean };

export interface CutProxy {
  /** Origin without a trailing slash. */
  url: string;
  /** Does it to the next request whose first line begins so. */
  interfere(firstLine: string, interference: Interference): void;
  /** Interferences that are still waiting for their request, or for enough bytes. */
  waiting(): number;
  dispose(): Promise<void>;
}

/**
 * A wire between a gateway and a provider, for faults below HTTP. It relies on what the gateway's client does: a
 * connection carries one request at a time, so a request begins where a chunk does.
 */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const plans = new Map<string, Interference>();
  const sockets = new Set<Socket>();
  let unmet = 0;

  function planFor(chunk: Buffer): Interference | undefined {
    const line = chunk.subarray(0, 300).toString('latin1');
    for (const [firstLine, plan] of plans) {
      if (!line.startsWith(firstLine)) continue;
      plans.delete(firstLine);
      return plan;
    }
    return undefined;
  }

  const server = createServer((client) => {
    const provider = connect(Number(port), hostname);
    let plan: Interference | undefined;
    let passed = 0;

    function close(how: 'reset' | 'end'): void {
      unmet -= 1;
      plan = undefined;
      if (how === 'reset') client.resetAndDestroy();
      else client.end();
      provider.destroy();
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
      const met = plan ? undefined : planFor(chunk);
      if (met) {
        plan = met;
        passed = 0;
        unmet += 1;
      }
      if (plan?.kind !== 'replace' || plan.carriedOut) return pass('request', chunk, provider);
      client.end(plan.bytes, 'latin1');
      close('end');
    });
    provider.on('data', (chunk) => {
      if (plan?.kind !== 'replace') return pass('answer', chunk, client);
      client.end(plan.bytes, 'latin1');
      close('end');
    });
    for (const [socket, other] of [[client, provider], [provider, client]] as const) {
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
    interfere: (firstLine, interference) => void plans.set(firstLine, interference),
    waiting: () => plans.size + unmet,
    async dispose() {
      const closed = new Promise((resolve) => void server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
