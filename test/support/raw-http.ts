import { connect, type Socket } from 'node:net';

/** One TCP connection, for what an HTTP client will not send. */
export interface RawConnection {
  socket: Socket;
  send(text: string): void;
  /** Everything that has arrived, once the pattern is in it. */
  received(pattern: RegExp): Promise<string>;
  /** Resolves when the other side has closed. */
  closed: Promise<void>;
}

/** A connection, closed already where nobody listens. @param url where, for example "http://127.0.0.1:4000" */
export async function openConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // A reset is one way of closing.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([closed, new Promise((resolve) => socket.once('connect', resolve))]);
  return {
    socket,
    send: (chunk) => void socket.write(chunk),
    async received(pattern) {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`Closed after ${JSON.stringify(text)}.`);
        await new Promise<void>((resolve) => {
          socket.once('data', () => resolve());
          socket.once('close', () => resolve());
        });
      }
      return text;
    },
    closed,
  };
}
