import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on this machine that can be cut. */
export interface TcpProxy {
  port: number;
  /**
   * From the next bytes on that a client sends: they reach the server, its answer reaches nobody, and the connection
   * breaks when the server has answered. One connection after the other, until `heal`.
   */
  loseAnswers(): void;
  heal(): void;
  dispose(): Promise<void>;
}

/** What becomes of bytes that a client sends, and of the connection with them. */
export type Meddling = 'pass' | 'loseRequest' | 'loseAnswer' | 'silence';

/**
 * @param meddle asked for all that clients send; a lost request does not reach the server, a lost answer was made there;
 * in silence nothing passes any more, and the connection stands
 */
export async function startTcpProxy(target: number, meddle: (sent: Buffer) => Meddling = () => 'pass'): Promise<TcpProxy> {
  let losing = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let lost = false;
    let silent = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      const meddling = meddle(chunk);
      if (meddling === 'loseRequest') return void client.destroy();
      silent ||= meddling === 'silence';
      if (silent) return;
      lost ||= losing || meddling === 'loseAnswer';
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (lost) client.destroy();
      else if (!silent) client.write(chunk);
    });
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswers: () => {
      losing = true;
    },
    heal: () => {
      losing = false;
    },
    dispose: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
