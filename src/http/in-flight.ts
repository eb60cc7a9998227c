import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Counts the requests under way, so that a drain knows when the last one has its answer. */
export class InFlight {
  #count = 0;
  readonly #onSocket = new WeakMap<Socket, number>();
  #onNone: (() => void)[] = [];

  /** Counts one until its answer is out or its connection is gone. */
  add(response: ServerResponse): void {
    const { socket } = response.req;
    this.#count += 1;
    this.#onSocket.set(socket, this.on(socket) + 1);
    response.once('close', () => {
      this.#count -= 1;
      this.#onSocket.set(socket, this.on(socket) - 1);
      if (this.#count === 0) for (const settle of this.#onNone.splice(0)) settle();
    });
  }

  /** How many of them came by that connection. */
  on(socket: Socket): number {
    return this.#onSocket.get(socket) ?? 0;
  }

  /** Resolves when nothing is under way. */
  none(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#onNone.push(resolve));
  }
}
