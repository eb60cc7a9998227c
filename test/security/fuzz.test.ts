import { startTestGateway, type TestGateway } from '../support/gateway';
import { Fuzzer } from './fuzz';

/** The long form: FUZZ=100000 FUZZ_SEED=2. */
const COUNT = Number(process.env['FUZZ'] ?? 2_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const AT_ONCE = 32;
/** Of the fuzzing itself, ms; every request that hangs ends the test long before. */
const LONGEST_MS = 3_600_000;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CLOSE_WAIT_MS: '50' });
});
afterAll(() => gateway.dispose());

it(`answers every one of ${COUNT} fuzzed requests below 500, as JSON, and without a word of its insides`, async () => {
  const fuzzer = new Fuzzer(SEED);
  const statuses = new Map<number, number>();
  const strange: object[] = [];
  let sent = 0;
  async function client(): Promise<void> {
    while (sent < COUNT) {
      sent += 1;
      const { method, query, body, headers } = fuzzer.request();
      const response = await fetch(`${gateway.client.url}/graphql${query}`, { method, headers, body, signal: AbortSignal.timeout(60_000) });
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status >= 500 || !isClean(text)) strange.push({ status: response.status, answer: text.slice(0, 500), method, query, body });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  expect(strange.slice(0, 3)).toEqual([]);
  // Neither all refused nor all let through: both sides of the wall were met.
  expect([...statuses.keys()].toSorted((one, other) => one - other)).toEqual(expect.arrayContaining([200, 400, 405, 415, 431]));
  expect((await fetch(`${gateway.client.url}/readyz`)).status).toBe(200);
}, LONGEST_MS);

/** JSON, no bug of ours behind it, and no trace of code. */
function isClean(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return !/INTERNAL_SERVER_ERROR|node_modules|\.ts:\d|at [A-Z]\w+\.\w+ \(|SqliteError|TypeError/.test(text);
}
