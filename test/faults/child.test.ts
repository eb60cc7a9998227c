import { once } from 'node:events';
import { connect } from 'node:net';
import { buildForChildren } from '../store/child';
import { startChild } from '../support/child';
import { until } from './waiting';

const SERVER = `const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))`;
/** A test run that has started a server and says where it listens. */
const RUN = `
  const { startChild } = require('./dist/test/support/child');
  const server = startChild('node', ['-e', ${JSON.stringify(SERVER)}]);
  server.waitFor(/port .*/).then(([line]) => console.log(line));
`;

async function isThere(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

it('what a test run started ends with it, also when it is killed', async () => {
  buildForChildren();
  const run = startChild('node', ['-e', RUN]);
  const [, port] = await run.waitFor(/port (\d+)/);
  expect(await isThere(Number(port))).toBe(true);
  run.signal('SIGKILL');
  await run.ended;
  expect(await until(async () => !(await isThere(Number(port))))).toBe(true);
});
