import type { EngineParts } from './driver';

const DAY_MS = 86_400_000;
/** A promise to callers: a key replays its closure for so long after that closure's end. */
const KEYS_KEPT_MS = 90 * DAY_MS;
/** Events that could not be read wait at least so long for a person to look at them. */
const UNREADABLE_KEPT_MS = 90 * DAY_MS;
/** How often the store is looked through. */
const EVERY_MS = 3_600_000;
/** One commit forgets no more of a kind than this, so that no caller waits behind it for long. */
const BATCH = 200;
/** Between two batches, for everybody else. */
const PAUSE_MS = 100;

/** Forgets, in small steps, what has been kept for long enough. Several processes may do so at once. */
export class Pruning {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(private readonly parts: EngineParts) {}

  start(): void {
    this.running = this.step();
  }

  async drain(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async step(): Promise<void> {
    const pause = await this.batch();
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.running = this.step();
    }, pause).unref();
  }

  /** How long to wait before the next one, ms. */
  private async batch(): Promise<number> {
    const { store, clock, settings, telemetry } = this.parts;
    const now = clock.now();
    const what = {
      keysBefore: now - KEYS_KEPT_MS,
      eventsBefore: now - settings.webhookRetentionMs,
      unreadableBefore: now - Math.max(settings.webhookRetentionMs, UNREADABLE_KEPT_MS),
    };
    try {
      const pruned = await store.prune(what, BATCH);
      telemetry.pruned(pruned);
      return pruned.keys === BATCH || pruned.events === BATCH ? PAUSE_MS : EVERY_MS;
    } catch (error) {
      telemetry.alarm({ what: 'old keys and webhook events could not be pruned', error });
      return EVERY_MS;
    }
  }
}
