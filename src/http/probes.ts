import type { FastifyInstance } from 'fastify';
import type { ErrorLog } from '../graphql/errors/mask-error';

export interface Probes {
  /** Rejects when the gateway cannot do its work. */
  health: () => Promise<void>;
  /** All metrics in the Prometheus text format. */
  metrics: () => Promise<string>;
  isDraining: () => boolean;
  log: ErrorLog;
}

/** `/livez`: the process runs. `/readyz`: it wants traffic (503 with a reason otherwise). `/metrics`: for Prometheus. */
export function addProbes(app: FastifyInstance, { health, metrics, isDraining, log }: Probes): void {
  app.get('/livez', async () => ({ status: 'alive' }));

  app.get('/readyz', async (request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: 'unready', reason: 'draining' });
    try {
      await health();
      return { status: 'ready' };
    } catch (error) {
      log.error({ correlationId: request.id, err: error }, 'the health check failed');
      return reply.code(503).send({ status: 'unready', reason: 'unhealthy' });
    }
  });

  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()));
}
