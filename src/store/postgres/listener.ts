import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import { queryOn } from './connection';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** How often a silent connection is asked whether it is still there, and how long any of its answers may take, ms. */
const LOOK_EVERY_MS = 10_000;

/** One connection that listens, made again whenever it breaks. */
export class Listener {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Resolves when it listens for the first time, or rejects when it could not. */
  readonly first: Promise<void>;

  /** @param connect makes a client that is not connected yet, on the socket given */
  constructor(
    private readonly connect: (socket: Socket) => Client,
    private readonly channels: readonly string[],
    private readonly heard: (channel: string, payload: string) => void,
    private readonly missed: () => void,
  ) {
    let resolve = () => {};
    let reject: (error: unknown) => void = () => {};
    this.first = new Promise((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    this.#running = this.#run({ resolve, reject });
  }

  /** Waits for no answer: the other end may be gone. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(first: { resolve(): void; reject(error: unknown): void }): Promise<void> {
    let isFirst = true;
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#stop.signal.aborted) {
      const socket = new Socket();
      const destroy = (): void => void socket.destroy();
      this.#stop.signal.addEventListener('abort', destroy);
      const client = this.connect(socket);
      const broken = new Promise<void>((resolve) => {
        client.on('error', () => resolve());
        client.on('end', () => resolve());
      });
      client.on('notification', ({ channel, payload }) => this.heard(channel, payload ?? ''));
      try {
        await client.connect();
        for (const channel of this.channels) await queryOn(client, LOOK_EVERY_MS)(`LISTEN ${channel}`);
        pauseMs = FIRST_PAUSE_MS;
        if (isFirst) first.resolve();
        else this.missed();
        isFirst = false;
        await this.#untilBroken(client, broken);
      } catch (error) {
        // After the first time: what was missed is looked up by whoever waits for it, and the next connection may hold.
        if (isFirst) return first.reject(error);
      } finally {
        // A broken connection may take its time to end, or never say that it has.
        destroy();
        this.#stop.signal.removeEventListener('abort', destroy);
      }
      await this.#pause(pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
    }
  }

  /** A connection whose other end is gone without a word says nothing, as a healthy one does: so it is asked. */
  async #untilBroken(client: Client, broken: Promise<void>): Promise<void> {
    const still = Symbol('still');
    for (;;) {
      const now = await Promise.race([broken, this.#pause(LOOK_EVERY_MS).then(() => still)]);
      if (now !== still || this.#stop.signal.aborted) return;
      await queryOn(client, LOOK_EVERY_MS)('SELECT 1');
    }
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }
}
