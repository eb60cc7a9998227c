import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child';
import { freePorts } from '../support/free-port';

let folder: string;
const children: Child[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-demo-test-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  rmSync(folder, { recursive: true, force: true });
});

function startDemo(port: number): Child {
  const child = startChild('npm', ['run', 'demo'], { PORT: String(port), TMPDIR: folder });
  children.push(child);
  return child;
}

interface CurlAnswer {
  data: { closeAccount: { replayed: boolean; closure: { id: string; status: string }; error: unknown } };
}

describe('npm run demo', () => {
  it('closes accounts at every provider, stays up for the visitor, and leaves nothing behind', async () => {
    const port = await freePorts(1);
    const demo = startDemo(port);
    await demo.waitFor(/Ctrl-C ends it/);
    const shown = demo.stdout();
    for (const scene of [/upvest {2}ACCOUNT /, /upvest {2}ACCOUNT_GROUP /, /emoney {2}ACCOUNT {2}ES91/, /emoney {2}VIRTUAL_ACCOUNT /]) {
      expect(shown).toMatch(scene);
    }
    const parts = shown.split(/^\d\. /m).slice(1);
    // Whether a sale is seen to be settled before its account is closed depends on which news is first.
    const moves = (part: string) => [...new Set([...part.matchAll(/^ +[\d.]+ s {2}(\w+)/gm)].map(([, status]) => status))];
    expect(parts.map(moves)).toEqual([
      ['REQUESTED', 'CLOSING', 'CLOSED'],
      ['REQUESTED', 'CLOSING', 'CLOSED'],
      ['REQUESTED', 'CLOSING', 'CLOSED'],
      ['REQUESTED', 'CLOSED'],
      ['REQUESTED', 'CLOSED'],
      ['REQUESTED', 'REJECTED'],
      ['REQUESTED', 'UNCONFIRMED', 'CLOSED'],
    ]);
    expect(parts[1]).toMatch(/CLOSING +from the provider's answer +The provider sells the positions\./);
    expect(parts[2]!.match(/its account ••••016[12]: REQUESTED, CLOSING/g)).toHaveLength(2);
    // Which of them a look meets depends on the machine.
    expect(shown).toMatch(/^ +waits for: (There are securities on the account\. \((HOLDER|TIME)\)|Accounts of the group are still being closed\. \(TIME\))$/m);
    expect(parts[5]).toMatch(/Refused: CLOSURE_BLOCKED \(retry: AFTER_CHANGE\)\. \w+[^]*^ +There is money on the account\. 12\.50 EUR \(HOLDER\)$/m);

    await expectCurlToWork(shown);
    await expectIdeWithoutOutsideRequests(`http://127.0.0.1:${port}/graphql`);

    demo.signal('SIGINT');
    expect(await demo.ended).toBe(0);
    expect(demo.stderr().replaceAll(/^npm warn .*$/gm, '').trim()).toBe('');
    expect(readdirSync(folder).filter((name) => name.startsWith('closure-'))).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow('fetch failed');
  });

  it('says so when its port is taken', async () => {
    const port = await freePorts(1);
    const first = startDemo(port);
    await first.waitFor(/The gateway is up/);
    const second = startDemo(port);
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toMatch(/^PORT: Another process/m);
    first.signal('SIGINT');
    expect(await first.ended).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('closure-'))).toEqual([]);
  });
});

/** What the printed line sends, sent twice. */
async function expectCurlToWork(shown: string): Promise<void> {
  const [, url, type, body] = /curl -s (\S+) -H 'content-type: (\S+)' -d '([^']+)'/.exec(shown) ?? [];
  const send = async () => {
    const response = await fetch(String(url), { method: 'POST', headers: { 'content-type': String(type) }, body });
    return ((await response.json()) as CurlAnswer).data.closeAccount;
  };
  const first = await send();
  expect(first).toEqual({ replayed: false, closure: { id: expect.any(String), status: 'CLOSED' }, error: null });
  expect(await send()).toEqual({ ...first, replayed: true });
}

async function expectIdeWithoutOutsideRequests(url: string): Promise<void> {
  const response = await fetch(url, { headers: { accept: 'text/html' } });
  expect(response.status).toBe(200);
  const page = await response.text();
  const markup = page.replaceAll(/(<script[^>]*>)[\s\S]*?(<\/script>)/g, '$1$2').replaceAll(/<style>[\s\S]*?<\/style>/g, '');
  expect(markup).toContain('<script');
  expect(markup).not.toMatch(/(src|href)="(?!data:)/);
  expect(page).not.toMatch(/unpkg|jsdelivr|esm\.sh|cdnjs|googleapis/);
}
