import { once } from 'node:events';
import { type RawData, WebSocket } from 'ws';
import type { Chance } from '../faults/chance';
import { type Answer, FEW_EVENTS, HANGS_AFTER_MS, QUIET_MS } from './fuzz-http';
import { ODD_TEXTS } from './fuzz-values';

/** graphql-transport-ws by hand, https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md: as it is meant, and otherwise. */

interface Message {
  type: string;
  id?: string;
}

/** One connection for many operations, one after the other. */
export class FuzzSocket {
  #texts: string[] = [];
  #look: () => void = () => {};
  #status: number | null = null;
  #operations = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on('open', () => this.#look());
    socket.on('message', (data: RawData) => {
      this.#texts.push(String(data));
      this.#look();
    });
    socket.on('close', (code) => {
      this.#status = code;
      this.#look();
    });
    // The close that follows says the same.
    socket.on('error', () => undefined);
  }

  /** @param saysProtocol false: in no language at all, which the gateway takes up to say that it speaks none such */
  static async open(url: string, saysProtocol = true): Promise<FuzzSocket> {
    const opened = new FuzzSocket(new WebSocket(`${url.replace('http', 'ws')}/graphql`, saysProtocol ? ['graphql-transport-ws'] : []));
    await opened.#until(() => opened.socket.readyState !== WebSocket.CONNECTING, HANGS_AFTER_MS);
    return opened;
  }

  get isOpen(): boolean {
    return this.#status === null;
  }

  get operations(): number {
    return this.#operations;
  }

  /** Says who is there. */
  async init(authorization: string | undefined): Promise<Answer> {
    this.say(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    return this.#answer(() => this.#texts.length > 0);
  }

  /** @throws for an operation that hangs */
  async ask(payload: object): Promise<Answer> {
    this.#operations += 1;
    const id = String(this.#operations);
    this.say(JSON.stringify({ type: 'subscribe', id, payload }));
    const ofThis = () => this.#texts.map((text) => JSON.parse(text) as Message).filter((message) => message.id === id);
    const isOver = () => ofThis().some(({ type }) => type !== 'next') || ofThis().length >= FEW_EVENTS;
    await this.#until(() => ofThis().length > 0, HANGS_AFTER_MS);
    await this.#until(isOver, QUIET_MS).catch(() => undefined);
    if (!isOver() && this.isOpen) this.say(JSON.stringify({ type: 'complete', id }));
    return this.#answer(() => true);
  }

  /** Whatever comes of it, until the gateway ends the connection or answers what is well-formed. @throws when it does neither */
  async babble(messages: readonly (string | Buffer)[]): Promise<Answer> {
    for (const message of [...messages, '{"type":"ping","payload":{"last":true}}']) this.say(message);
    return this.#answer(() => this.#texts.includes('{"type":"pong","payload":{"last":true}}'));
  }

  say(message: string | Buffer): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message);
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.socket.close();
    await once(this.socket, 'close');
  }

  async #answer(isThere: () => boolean): Promise<Answer> {
    await this.#until(isThere, HANGS_AFTER_MS);
    const texts = this.#texts;
    this.#texts = [];
    return { status: this.#status, texts };
  }

  /** Resolves when it is so, or when the connection is closed. */
  #until(isSo: () => boolean, patienceMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The WebSocket says nothing.')), patienceMs);
      this.#look = () => {
        if (this.isOpen && !isSo()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }
}

/** Messages that the protocol does not have, or not then. */
export function brokenMessages(chance: Chance, payload: object): (string | Buffer)[] {
  const whole = JSON.stringify({ type: 'subscribe', id: '1', payload });
  const at = chance.below(whole.length);
  const all: (string | Buffer)[] = [
    chance.one(ODD_TEXTS),
    whole,
    whole.slice(0, at),
    Buffer.from(whole),
    Buffer.from([0xff, 0xfe, 0]),
    'null',
    '[]',
    '{"type":"__proto__"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","id":7,"payload":{}}',
    '{"type":"subscribe","id":"2","payload":{"query":7}}',
    '{"type":"subscribe","id":"3","payload":{"query":"{ __typename }","variables":[]}}',
    '{"type":"subscribe","id":"__proto__","payload":{"query":"{ __typename }"}}',
    '{"type":"next","id":"1","payload":{"data":null}}',
    '{"type":"error","id":"1","payload":[{"message":"No."}]}',
    '{"type":"connection_ack"}',
    '{"type":"complete","id":"nobody"}',
    '{"type":"complete"}',
    '{"type":"ping","payload":{"a":[1]}}',
    '{"type":"pong","payload":7}',
    '{"type":"connection_init","payload":7}',
    '{"type":"connection_init","payload":{"authorization":{"toString":1}}}',
    `{"type":"ping","payload":{"a":"${'x'.repeat(300_000)}"}}`,
  ];
  return Array.from({ length: 1 + chance.below(6) }, () => chance.one(all));
}
