import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { webhookEvent } from '../../providers/upvest/sandbox/webhook-events';
import type { ErrorView } from '../support/gateway';
import type { Caller } from './caller';
import type { FaultBench } from './fault-bench';

export interface FullDisk {
  /** Closings that were acknowledged before the disk was full. */
  acknowledged: number;
  /** What the caller was told when nothing could be written any more. */
  error: ErrorView | null;
  /** Close requests that reached a provider for an account that was refused so. */
  sentUnrecorded: number;
  /** Statuses of `/readyz` and of a webhook's delivery while the disk is full. */
  readyz: number;
  delivery: number;
  /** A closure that was acknowledged before can still be read. */
  canRead: boolean;
}

/** So many closings together: the disk is full in the middle of some of them. */
const AT_ONCE = 4;
/** A disk that takes so many closings, or checks that find room, is not full. */
const ENOUGH = 5_000;

/** Closes accounts until the disk is full, and looks at what the gateway makes of it. */
export async function fillUp({ sandboxes, history }: FaultBench, caller: Caller): Promise<FullDisk> {
  const refused: string[] = [];
  let error: ErrorView | null = null;
  const close = async (): Promise<void> => {
    const id = randomUUID();
    const payload = await caller.request({ account: { provider: 'emoney', id } }).answer;
    if (payload.closure) return;
    ({ error } = payload);
    refused.push(id);
  };
  for (let count = 0; refused.length === 0 && count < ENOUGH; count += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, close));
  // The check writes less than a closure does, and uses up what room is left.
  let readyz = 200;
  for (let count = 0; readyz === 200 && count < ENOUGH; count += 1) readyz = (await fetch(`${caller.url}/readyz`)).status;
  const first = history.sights[0];
  return {
    acknowledged: history.requests.length - refused.length,
    error,
    sentUnrecorded: refused.filter((id) => sandboxes.emoney.closeRequests(id) > 0).length,
    readyz,
    delivery: await deliver(sandboxes, caller.url),
    canRead: first !== undefined && (await caller.look(first.closureId)) !== null,
  };
}

/** A good webhook, delivered by hand. */
async function deliver({ upvest }: FaultBench['sandboxes'], url: string): Promise<number> {
  const event = webhookEvent('ACCOUNT.CLOSED', { id: randomUUID(), status: 'CLOSED' });
  const { headers, body } = upvest.signDelivery([event], { path: '/webhooks/upvest' });
  const answer = await request(`${url}/webhooks/upvest`, { method: 'POST', headers, body });
  await answer.body.dump();
  return answer.statusCode;
}
