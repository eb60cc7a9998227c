import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../support/child';
import { freePorts } from '../support/free-port';

const README = readFileSync(join(__dirname, '../../examples/federated-graph/README.md'), 'utf8');

let port: number;
let example: Child;
beforeAll(async () => {
  port = await freePorts(1);
  example = startChild('npm', ['run', 'example:federated-graph'], { PORT: String(port) });
  await example.waitFor(/Ctrl-C ends it/);
});
afterAll(() => example.kill());

async function ask(body: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.json();
}

test('the request of the README has the answer of the README', async () => {
  const [, request = ''] = /-d '(.+)'$/m.exec(README) ?? [];
  const [, answer = ''] = /```json\n(.+)\n```/.exec(README) ?? [];
  expect(await ask(request)).toEqual(JSON.parse(answer));
  expect(example.stdout()).toContain(`-d '${request}'`);
});

test('one request reads fields of all three teams, and goes on from the closure to its own account', async () => {
  const query = '{ me { name accounts { kind country provider closureRef closure { provider { id } account { closureRef } } } } }';
  const { data } = (await ask(JSON.stringify({ query }))) as {
    data: { me: { name: string; accounts: { kind: string; provider: string; closureRef: string; closure: { provider: object; account: object } | null }[] } };
  };
  expect(data.me.name).toBe('Ana Pérez');
  expect(data.me.accounts.map(({ kind }) => kind)).toEqual(['SAVINGS', 'CURRENT', 'SECURITIES', 'SAVINGS']);
  const closed = data.me.accounts.filter(({ closure }) => closure !== null);
  expect(closed).toHaveLength(3);
  expect(closed.map(({ closure }) => closure)).toEqual(closed.map(({ provider, closureRef }) => ({ provider: { id: provider }, account: { closureRef } })));
});

test('it ends by one Ctrl-C, without a complaint', async () => {
  example.signal('SIGINT');
  expect(await example.ended).toBe(0);
  expect(example.stderr().replaceAll(/^npm warn .*$/gm, '').trim()).toBe('');
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});
