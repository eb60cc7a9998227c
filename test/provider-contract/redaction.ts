import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../src/provider-kit/sandbox-faults';
import { type Bench, openBench } from './bench';
import type { ProviderContract } from './contract';

const PERSONAL = { IBAN: 'ES9121000418450200051332', 'spaced IBAN': 'ES91 2100 0418 4502 0005 1332', 'e-mail': 'canary.holder@example.com' };
/** Thousands of answers, one after another; on a busy machine that takes its time. */
const LONGEST_MS = 180_000;

/** Tokens and assertions that a provider may still repeat. */
const LAST_TOKENS = 4;

/** Lines of a PEM that hold the key itself. */
const KEY_LINE = 40;

/**
 * A provider that repeats everything it should not, in every place where text can stand; everything that the adapter
 * gave back or reported is then searched.
 */
export function redaction<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>): void {
  let bench: Bench<Sandbox>;
  beforeAll(async () => {
    bench = await openBench(contract);
    // Tokens are secrets too, and exist only after the first requests.
    await bench.close(bench.account());
    await bench.read(bench.account());
  });
  afterAll(() => bench.dispose());

  function secrets(): Record<string, string> {
    const { settings } = bench.sandbox;
    const configured = contract.settings.secret.flatMap((key) => {
      const lines = (settings[key] ?? '').split('\n');
      return lines.length === 1 ? [[key, lines[0] ?? '']] : lines.filter((line) => line.length > KEY_LINE).map((line, index) => [`${key} ${index}`, line]);
    });
    // Only the last ones: an adapter forgets tokens that were replaced long ago, as answers to the close replace them here.
    const issued = (contract.tokens?.issued(bench.sandbox) ?? []).slice(-LAST_TOKENS).map((token, index) => [`token ${index}`, token]);
    return Object.fromEntries([...configured, ...issued]) as Record<string, string>;
  }

  it('knows of secrets to look for', () => {
    expect(contract.settings.secret.filter((key) => !bench.sandbox.settings[key])).toEqual([]);
    expect(Object.keys(secrets())).not.toEqual([]);
  }, LONGEST_MS);

  it('lets no secret, token, account id or IBAN out of any answer to the close, to a read or to a list', async () => {
    const sought: Record<string, string> = {};
    const transcript: unknown[] = [bench.calls, bench.unmapped];
    const { errorRows, errorAnswer, readAnswer } = contract;
    function repeated(word: string): string {
      const now = { ...secrets(), ...PERSONAL };
      for (const [name, value] of Object.entries(now)) sought[`${name}: ${value}`] = value;
      return word === 'all' ? Object.values(now).join(' ') : (now[word as keyof typeof now] ?? '');
    }
    const canBeRead = Object.keys(contract.reads).length > 0;
    const statuses = [...new Set([...errorRows.map(({ status }) => status), 418, 500, 503])];
    for (const spoken of ['all', ...Object.keys({ ...secrets(), ...PERSONAL })]) {
      const answers: ((text: string) => SandboxAnswer)[] = [
        ...errorRows.map(({ status, word }) => (text: string) => errorAnswer(status, word, text)),
        ...statuses.map((status) => (text: string) => errorAnswer(status, text, text)),
        (text) => ({ status: 502, headers: { 'content-type': 'text/html' }, body: `<html>${text}</html>` }),
      ];
      for (const [index, answer] of answers.entries()) {
        const account = bench.account();
        const said = repeated(spoken);
        sought[`account ${spoken} ${index}`] = account.id;
        const step = answer(`${said} ${account.id}`);
        bench.sandbox.script(bench.named(account), 'close', [step]);
        transcript.push(await bench.close(account));
        if (!canBeRead) continue;
        bench.sandbox.script(bench.named(account), 'read', [step, step, readAnswer(account, said)].flat());
        transcript.push(await bench.read(account), await bench.read(account));
        if (!contract.groups) continue;
        const { group } = bench.openGroup();
        sought[`group ${spoken} ${index}`] = group.id;
        bench.sandbox.script('*', 'list', [answer(`${said} ${group.id}`)]);
        transcript.push(await bench.list(group));
      }
    }
    const text = JSON.stringify(transcript);
    expect(Object.keys(sought).filter((name) => text.includes(JSON.stringify(sought[name]).slice(1, -1)))).toEqual([]);
  }, LONGEST_MS);

  const { sales } = contract;
  if (!sales) return;

  it('lets none out of any answer about a sale of positions', async () => {
    const sought: Record<string, string> = { ...secrets(), ...PERSONAL };
    const transcript: unknown[] = [bench.calls, bench.unmapped];
    const words = [Object.values(sought).join(' '), ...Object.values(sought)];
    // What becomes of the text of an answer is the same code as for a close: one row for each word will do.
    for (const [index, said] of words.entries()) {
      const account = bench.sellable();
      sought[`account ${index}`] = account.id;
      const text = `${said} ${account.id}`;
      const { status, word } = sales.errorRows[index % sales.errorRows.length] ?? { status: 418, word: said };
      bench.sandbox.script(bench.named(account), 'liquidate', [contract.errorAnswer(status, word, text), contract.errorAnswer(418, text, text)]);
      bench.sandbox.script('*', 'list', [contract.errorAnswer(403, text, text), sales.listAnswer(account, text)]);
      transcript.push(await bench.sell(account), await bench.sell(account), await bench.listSales(account), await bench.listSales(account));
    }
    const text = JSON.stringify(transcript);
    expect(Object.keys(sought).filter((name) => text.includes(JSON.stringify(sought[name]).slice(1, -1)))).toEqual([]);
  }, LONGEST_MS);
}
