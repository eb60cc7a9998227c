import type { FastifyInstance } from 'fastify';
import type { DeliveryResult } from '../engine';
import type { ErrorLog } from '../graphql/errors/mask-error';
import type { WebhookDelivery } from '../ports/provider';

/** Takes a delivery for a provider; rejects when it could not be kept. */
export type ReceiveWebhook = (providerId: string, delivery: WebhookDelivery) => Promise<DeliveryResult>;

const STATUS: Record<DeliveryResult, number> = { kept: 200, refused: 401, unavailable: 503, unknown: 404 };
/** The most that a delivery may hold, bytes. */
const BODY_LIMIT = 1024 * 1024;

/**
 * `POST /webhooks/{provider id}`: answered once the delivery is verified and kept. Its signature is over raw bytes, so
 * nothing reads the body before the provider's adapter does, and a coded body is refused.
 */
export function addWebhooksRoute(app: FastifyInstance, receive: ReceiveWebhook, log: ErrorLog): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => done(null, body));
    scope.post<{ Params: { provider: string } }>('/webhooks/:provider', async (request, reply) => {
      if (request.headers['content-encoding']) return reply.code(415).send();
      const target = request.raw.url ?? '/';
      const mark = target.indexOf('?');
      const delivery: WebhookDelivery = {
        method: request.method,
        path: mark < 0 ? target : target.slice(0, mark),
        query: mark < 0 ? '' : target.slice(mark),
        headers: joined(request.headers),
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      };
      try {
        return await reply.code(STATUS[await receive(request.params.provider, delivery)]).send();
      } catch (error) {
        // Not kept, so the sender must come again.
        log.error({ correlationId: request.id, err: error }, 'a webhook could not be kept');
        return reply.code(503).send();
      }
    });
  });
}

function joined(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
}
