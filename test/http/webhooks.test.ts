import type { WebhookDelivery } from '../../src/ports/provider';
import { startApi } from '../support/api';

describe('the webhook route', () => {
  it('hands a delivery on as it came: raw bytes, path and query untouched, repeated fields joined', async () => {
    const seen: [string, WebhookDelivery][] = [];
    const api = await startApi({ receiveWebhook: async (...args) => (seen.push(args), 'kept') });
    try {
      const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
      const headers: [string, string][] = [
        ['content-type', 'application/json'],
        ['x-part', 'one'],
        ['x-part', 'two'],
      ];
      const answer = await fetch(`${api.url}/webhooks/bank?a=%2F&b`, { method: 'POST', headers, body });
      expect([answer.status, await answer.text()]).toEqual([200, '']);
      const [[provider, delivery]] = seen as [[string, WebhookDelivery]];
      expect(provider).toBe('bank');
      expect(delivery).toMatchObject({ method: 'POST', path: '/webhooks/bank', query: '?a=%2F&b', headers: { 'x-part': 'one, two' } });
      expect(delivery.body).toEqual(body);
    } finally {
      await api.close();
    }
  });

  it('asks the sender to come again when the store did not keep the events', async () => {
    const api = await startApi({ receiveWebhook: () => Promise.reject(new Error('The disk is full.')) });
    try {
      const answer = await fetch(`${api.url}/webhooks/bank`, { method: 'POST', body: '{}' });
      expect([answer.status, await answer.text()]).toEqual([503, '']);
      expect(api.logged.map(({ message }) => message)).toEqual(['a webhook could not be kept']);
    } finally {
      await api.close();
    }
  });
});
