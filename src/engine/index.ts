import { type AccountInput, lockKey } from '../domain/account';
import { type Caller, mayOperate } from '../domain/caller';
import { blockersAsSeenBy, errorAsSeenBy, isHidden, isHold, isSilent } from '../domain/visibility';
import { Access } from './access';
import { Admission } from './admission';
import { ClockWatch } from './clock-watch';
import { CloseAccount } from './close-account';
import type { EngineParts } from './driver';
import { checkEligibility } from './eligibility';
import { Lag } from './lag';
import { Operate } from './operate';
import { Pruning } from './pruning';
import { Queries } from './queries';
import { Reader } from './reader';
import type { ClosureResult, ClosureService, Eligibility } from './service';
import { Watches } from './watch';
import { type DeliveryResult, Webhooks } from './webhooks';
import { Worker } from './worker';
import type { WebhookDelivery } from '../ports/provider';

export type { EngineParts } from './driver';
export type { EngineSettings } from './settings';
export type { DeliveryResult } from './webhooks';

export interface Engine {
  service: ClosureService;
  /** Takes a delivery to a provider's webhook route. Rejects when it could not be kept. */
  receiveWebhook(providerId: string, delivery: WebhookDelivery): Promise<DeliveryResult>;
  /** How many closures are being watched, each as often as it is. */
  watched(): number;
  /** Begins to claim what is due, and to forget what is old. */
  start(): void;
  /** Claims nothing more, and lets go of what is claimed and not sent, for others to take up. Requests of callers go on. */
  stopClaiming(): void;
  /** Lets go of everything that is not sent; what is sent and not answered stays in doubt. */
  giveUp(): void;
  /** Claims nothing more and waits for what is under way. */
  drain(): Promise<void>;
}

/** Puts the engine together: closing, recovery, polling and what callers may ask. */
export function createEngine(parts: EngineParts): Engine {
  const worker = new Worker(parts);
  const access = new Access(parts);
  const lag = new Lag();
  const closeAccount = new CloseAccount(parts, access, worker, new Admission(parts.settings, lag));
  const reader = new Reader(parts.clock);
  const operate = new Operate(parts, access, worker, reader);
  const queries = new Queries(parts, access);
  const watches = new Watches(parts, (caller, ids) => queries.closures(caller, ids));
  const webhooks = new Webhooks(parts, worker);
  const pruning = new Pruning(parts);
  const clockWatch = new ClockWatch(parts);

  /** The error of a closure of which nothing that the provider says is shown has none of its text, wherever the error came from. */
  function seen<Result extends ClosureResult>(caller: Caller, result: Result): Result {
    const silent = result.closure !== null && isSilent(result.closure);
    return {
      ...result,
      closure: result.closure && queries.seen(caller, result.closure),
      error: result.error && errorAsSeenBy(caller, result.error, silent),
    };
  }

  const service: ClosureService = {
    closeAccount: async (caller, input) => seen(caller, await closeAccount.run(caller, input)),
    refreshClosure: async (caller, id) => seen(caller, await operate.refresh(caller, id)),
    cancelClosure: async (caller, id) => seen(caller, await operate.cancel(caller, id)),
    resolveClosure: async (caller, input) => seen(caller, await operate.resolve(caller, input)),
    closureEligibility: (caller: Caller, account: AccountInput) => eligibility(caller, account),
    closures: (caller, ids) => queries.closures(caller, ids),
    watch: (caller, id, end) => watches.watch(caller, id, end),
    newestByRef: (caller, refs) => queries.newestByRef(caller, refs),
    list: (caller, filter, first, after) => queries.list(caller, filter, first, after),
    events: (caller, closures) => queries.events(caller, closures),
    reports: (caller, closures) => queries.reports(caller, closures),
    children: (caller, closures) => queries.children(caller, closures),
    parents: (caller, closures) => queries.parents(caller, closures),
    providers: (caller) => queries.providers(caller),
  };

  async function eligibility(caller: Caller, account: AccountInput): Promise<Eligibility> {
    const found = await checkEligibility(parts, reader, access, caller, account);
    if (mayOperate(caller) || !found.account) return found;
    const { provider: id } = found.account;
    const kindsShareIds = parts.providers.find(id)?.adapter.capabilities.kindsShareIds ?? false;
    const closure = await parts.store.byLockKey(caller.tenant, id, lockKey(found.account, kindsShareIds));
    const silent = found.blockers.some(isHold) || (closure ? isHidden(closure) : false);
    return {
      ...found,
      providerStatus: silent ? null : found.providerStatus,
      blockers: blockersAsSeenBy(caller, found.blockers),
      error: found.error && errorAsSeenBy(caller, found.error, silent),
    };
  }

  return {
    service,
    watched: () => watches.count,
    receiveWebhook: (providerId, delivery) => webhooks.receive(providerId, delivery),
    start() {
      lag.start();
      clockWatch.start();
      worker.start();
      webhooks.start();
      pruning.start();
    },
    stopClaiming: () => worker.stopClaiming(),
    giveUp: () => worker.giveUp(),
    async drain() {
      lag.stop();
      clockWatch.stop();
      await Promise.all([worker.drain(), webhooks.drain(), pruning.drain()]);
    },
  };
}
