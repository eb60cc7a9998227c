import { canonicalAccount } from '../../src/domain/account';
import type { AccountRead } from '../../src/domain/outcome';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import type { SandboxStep } from '../../src/provider-kit/sandbox';
import { type Bench, changing, openBench, requests } from './bench';
import type { ProviderContract } from './contract';

const stateOf = (read: AccountRead): string => (read.ok ? read.state : read.code);

/** What a read may meet, and what it comes to at every provider. */
export const FAILED_READS: readonly [string, readonly SandboxStep[], string][] = [
  ['401, with a fresh token too', [{ status: 401 }, { status: 401 }], 'PROVIDER_AUTHENTICATION_FAILED'],
  ['403', [{ status: 403 }], 'PROVIDER_PERMISSION_DENIED'],
  ['429', [{ status: 429, headers: { 'retry-after': '7' } }], 'PROVIDER_RATE_LIMITED'],
  ['500', [{ status: 500 }], 'PROVIDER_UNAVAILABLE'],
  ['503', [{ status: 503, headers: { 'retry-after': '7' } }], 'PROVIDER_UNAVAILABLE'],
  ['an HTML page', ['html-200'], 'PROVIDER_PROTOCOL_ERROR'],
  ['an HTML 404', ['html-404'], 'PROVIDER_PROTOCOL_ERROR'],
  ['JSON of another shape', [{ status: 200, headers: { 'content-type': 'application/json' }, body: '[1]' }], 'PROVIDER_PROTOCOL_ERROR'],
  ['a redirect', ['redirect-302'], 'PROVIDER_PROTOCOL_ERROR'],
  ['a bomb', ['gzip-bomb'], 'PROVIDER_PROTOCOL_ERROR'],
  ['a reset', ['reset-before'], 'PROVIDER_UNAVAILABLE'],
  ['no answer at all', ['hang-before'], 'PROVIDER_TIMEOUT'],
];

/** What the account's own read says, and how one that says nothing is told from it. */
export function reads<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>): void {
  const words = Object.entries(contract.reads);
  let bench: Bench<Sandbox>;
  beforeEach(async () => {
    bench = await openBench(contract);
  });
  afterEach(() => bench.dispose());

  it('are declared as a source of outcomes exactly where status words are known', () => {
    expect(bench.adapter.capabilities.outcomeSources.includes('POLL')).toBe(words.length > 0);
  });

  if (words.length === 0) return;

  it.each(words)('%s means %s', async (word, state) => {
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'read', [contract.readAnswer(account, word)].flat());
    expect(await bench.read(account)).toMatchObject({ ok: true, state, providerStatus: word, httpStatus: 200 });
    expect(bench.unmapped).toEqual([]);
  });

  it('of a word that no table has are UNKNOWN, and the word is reported', async () => {
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'read', [contract.readAnswer(account, 'never-heard-of')].flat());
    expect(await bench.read(account)).toMatchObject({ ok: true, state: 'UNKNOWN', providerStatus: 'never-heard-of' });
    expect(bench.unmapped).toEqual([{ provider: 'bank', what: 'status', word: 'never-heard-of', correlationId: 'correlation-1' }]);
  });

  it('see an account open before the close, and not open after it', async () => {
    const account = bench.account();
    expect(stateOf(await bench.read(account))).toBe('OPEN');
    await bench.close(account);
    const begun = ['CLOSING', 'CLOSED', 'SCHEDULED', 'ACTION_REQUIRED'];
    expect(begun).toContain(stateOf(await bench.read(account)));
    // Whoever reads next may be another process, which knows nothing but the account.
    expect(begun).toContain(stateOf(await bench.colleague().readAccount(account, { correlationId: 'correlation-1', purpose: 'POLL', blockers: false })));
  });

  it('are reported once each, under the caller\'s correlation id', async () => {
    const read = await bench.read(bench.account(), { correlationId: 'correlation-7' });
    expect(bench.calls.filter(({ operation }) => operation === 'read')).toEqual([
      expect.objectContaining({ provider: 'bank', outcome: stateOf(read), httpStatus: read.httpStatus, correlationId: 'correlation-7' }),
    ]);
  });

  it('name the account\'s other identifiers as a caller\'s are named', async () => {
    const { kinds, idRules } = bench.adapter.capabilities;
    for (const which of contract.accounts) {
      const read = await bench.read(bench.account(which));
      for (const alias of read.ok ? read.aliases : []) {
        expect(alias).toEqual(canonicalAccount(alias, alias.idType, idRules));
        expect(kinds.find(({ kind }) => kind === alias.kind)?.idTypes).toContain(alias.idType);
      }
    }
  });

  it('change nothing at the provider, blockers included', async () => {
    await bench.read(bench.account(), { blockers: true, purpose: 'ELIGIBILITY' });
    expect(changing(bench.sandbox)).toEqual([]);
  });

  it('of an account that the provider does not know say so', async () => {
    const row = contract.errorRows.find(({ meaning }) => meaning.kind === 'rejected' && meaning.code === 'ACCOUNT_NOT_FOUND');
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'read', [contract.errorAnswer(404, row?.word ?? '', 'no such account')]);
    expect(stateOf(await bench.read(account))).toBe('NOT_FOUND');
  });

  it('about another account than the one asked for say nothing', async () => {
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'read', [contract.readAnswer(bench.account(), words[0]?.[0] ?? '')].flat());
    expect(stateOf(await bench.read(account))).toBe('PROVIDER_PROTOCOL_ERROR');
  });

  it.each(FAILED_READS)('that get %s say nothing about the account', async (_what, steps, code) => {
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'read', steps);
    const read = await bench.read(account);
    expect(read).toMatchObject({ ok: false, code });
    if (steps[0] && typeof steps[0] === 'object' && steps[0].headers?.['retry-after']) expect(read).toMatchObject({ retryAfterMs: 7_000 });
    expect(bench.sandbox.strayRequests()).toBe(0);
  });

  it('that the gateway needs go ahead of those that callers ask for', async () => {
    const crowd = Array.from({ length: 60 }, () => bench.account());
    const needed = { RECONCILE: bench.account(), POLL: bench.account() };
    await bench.read(bench.account());
    await Promise.all([
      ...crowd.map((account) => bench.read(account, { purpose: 'ELIGIBILITY' })),
      bench.read(needed.POLL),
      bench.read(needed.RECONCILE, { purpose: 'RECONCILE' }),
    ]);
    const order = bench.sandbox.ledger.flatMap(({ operation, accountId }) => (operation === 'read' && accountId ? [accountId] : []));
    // All connections are busy with the first of the crowd when they come.
    expect(order.slice(0, 30)).toEqual(expect.arrayContaining(Object.values(needed).map(bench.named)));
  });

  const { tokens } = contract;
  if (!tokens) return;

  it('with a refused token get another one and go on', async () => {
    await bench.read(bench.account());
    tokens.revoke(bench.sandbox);
    const before = requests(bench.sandbox, 'token');
    expect(stateOf(await bench.read(bench.account()))).toBe('OPEN');
    expect(requests(bench.sandbox, 'token')).toBe(before + 1);
  });
}
