import { type AddressInfo, createServer } from 'node:net';

function listen(port: number): Promise<{ port: number; close(): Promise<void> } | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const close = () => new Promise<void>((closed) => void server.close(() => closed()));
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

/** The first of `count` neighbouring loopback ports that nobody listened on a moment ago. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await listen(0);
    if (!first) continue;
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => listen(first.port + 1 + index)));
    await Promise.all([first, ...others].map((server) => server?.close()));
    if (others.every(Boolean)) return first.port;
  }
}
