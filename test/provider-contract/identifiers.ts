import { canonicalAccount, type IdRules } from '../../src/domain/account';
import { InputRefused } from '../../src/domain/closure-error';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Bench, openBench } from './bench';
import type { ContractAccount, ProviderContract } from './contract';

/** Ids that no provider has, and that a URL, a header or a log would give a meaning of their own. */
const HOSTILE = [
  '',
  ' ',
  '.',
  '..',
  '../../auth/token',
  '%2e%2e%2f',
  '%2F',
  '%252F',
  '\\',
  '//evil.example/x',
  'a/../b',
  'a\r\nx-injected: 1',
  'a\u0000b',
  'a\tb',
  'a?b=c',
  'a#b',
  'x'.repeat(10_240),
  '\ud800',
  '\u202eabc',
  '７f1d3f4e',
];

/** The declared grammar refuses what is not an id before anything is recorded, and takes what is one. */
export function identifiers<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>): void {
  let bench: Bench<Sandbox>;
  beforeAll(async () => {
    bench = await openBench(contract);
  });
  afterAll(() => bench.dispose());

  const canonical = (which: ContractAccount, id: string, rules: IdRules) =>
    canonicalAccount({ provider: 'bank', kind: which.kind, id, country: which.fresh().country }, which.idType, rules);

  it.each(accountsWithIds(contract))('%s by %s is refused: %j', (_kind, _idType, id, which) => {
    expect(() => canonical(which, id, bench.adapter.capabilities.idRules)).toThrow(InputRefused);
  });

  it.each(contract.accounts)('$kind by $idType is taken, and its canonical form is canonical', (which) => {
    const account = bench.account(which);
    expect(canonicalAccount(account, which.idType, bench.adapter.capabilities.idRules)).toEqual(account);
  });

  it('of the provider\'s own have a grammar that is anchored, and the same for everybody who asks', () => {
    const { providerId } = bench.adapter.capabilities.idRules;
    expect(providerId !== undefined).toBe(contract.accounts.some(({ idType }) => idType === 'PROVIDER_ID'));
    if (!providerId) return;
    expect(providerId.source).toMatch(/^\^.*\$$/);
    expect(providerId.flags).not.toMatch(/[gmy]/);
  });

  it('that got past the grammar all the same lead to no request at another address', async () => {
    const targets = () => bench.sandbox.ledger.splice(0).map(({ method, path }) => `${method} ${path}`);
    for (const which of contract.accounts) {
      const honest = bench.account(which);
      await bench.close(honest);
      await bench.read(honest);
      // Where the id stands in the path, there is no address for this one.
      const usual = targets();
      const account = { ...honest, id: '..' };
      await Promise.allSettled([bench.close(account), bench.read(account)]);
      expect(targets().filter((target) => !usual.includes(target))).toEqual([]);
    }
  });
}

function accountsWithIds({ accounts }: Pick<ProviderContract, 'accounts'>): [string, string, string, ContractAccount][] {
  return accounts.flatMap((which) =>
    [...HOSTILE, ...(which.malformed ?? [])].map((id): [string, string, string, ContractAccount] => [which.kind, which.idType, id, which]),
  );
}
