import type { AccountRef } from '../../src/domain/account';
import { CLOSURE_REASONS, isSensitive, type ReasonMapping } from '../../src/domain/reason';
import type { CloseRequest, KindCapabilities } from '../../src/ports/provider';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Bench, inShort, openBench, taken } from './bench';
import type { ProviderContract } from './contract';

/** What is declared as data is what happens. */
export function capabilities<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>): void {
  const { accounts, definition } = contract;
  let bench: Bench<Sandbox>;
  beforeEach(async () => {
    bench = await openBench(contract);
  });
  afterEach(() => bench.dispose());

  const declared = (): readonly KindCapabilities[] => bench.adapter.capabilities.kinds;
  const kindOf = (kind: string): KindCapabilities => {
    const found = declared().find((candidate) => candidate.kind === kind);
    if (!found) throw new Error(`The capabilities have no kind ${kind}.`);
    return found;
  };

  /** One close, and what of its request is not the account's. */
  async function closed(account: AccountRef, wish: Partial<CloseRequest>): Promise<{ outcome: string; request: string }> {
    const outcome = inShort(await bench.close(account, wish));
    const entry = bench.sandbox.ledger.findLast(({ operation }) => operation === 'close');
    return { outcome, request: `${entry?.query} ${entry?.body}`.replaceAll(account.id, 'account') };
  }

  it('are of a provider with a name that can be configured, and a name to be shown', () => {
    expect(definition.name).toMatch(/^[a-z][a-z0-9_]{0,31}$/);
    expect(definition.displayName).toMatch(/\S/);
  });

  it('declare the kinds and id types that the contract has accounts for, each kind once', () => {
    const pairs = declared().flatMap(({ kind, idTypes }) => idTypes.map((idType) => `${kind} ${idType}`));
    expect(pairs.toSorted()).toEqual(accounts.map(({ kind, idType }) => `${kind} ${idType}`).toSorted());
    for (const { idTypes, defaultIdType } of declared()) expect(idTypes).toContain(defaultIdType);
  });

  it.each(accounts)('$kind by $idType: a kind that is declared is a kind that closes, once', async (which) => {
    const account = bench.account(which);
    expect(taken(kindOf(which.kind).completion)).toContain(inShort(await bench.close(account)));
    expect(bench.sandbox.effectiveCloses(bench.named(account))).toBe(1);
  });

  it.each(accounts)('$kind by $idType: a second close is told apart as declared, and has no effect', async (which) => {
    const account = bench.account(which);
    await bench.close(account);
    const second = inShort(await bench.close(account));
    expect(second === 'alreadyClosed').toBe(bench.adapter.capabilities.alreadyClosedDistinct);
    expect(bench.sandbox.effectiveCloses(bench.named(account))).toBe(1);
  });

  it('name kinds that share their ids exactly where closing one closes the other', async () => {
    const [one, ...others] = accounts;
    const other = others.find(({ kind, idType }) => kind !== one?.kind && idType === one?.idType);
    if (!one || !other) return expect(bench.adapter.capabilities.kindsShareIds).toBe(false);
    const account = bench.account(one);
    await bench.close(account);
    const twin = inShort(await bench.close({ ...account, kind: other.kind }));
    expect(taken(kindOf(other.kind).completion).includes(twin)).toBe(!bench.adapter.capabilities.kindsShareIds);
  });

  it.each(accounts)('$kind by $idType: an announcement is taken where declared, and closes nothing', async (which) => {
    const account = bench.account(which);
    const { announceOnly } = kindOf(which.kind);
    // Nobody asks for what is not declared; an adapter may take it for the bug that it is.
    const outcome = await bench.close(account, { announceOnly: true }).then(inShort, () => 'thrown');
    expect(outcome === 'announced').toBe(announceOnly);
    if (!announceOnly) return;
    expect(bench.sandbox.closeRequests(bench.named(account))).toBe(1);
    expect(bench.sandbox.effectiveCloses(bench.named(account))).toBe(0);
    expect(inShort(await bench.close(account))).not.toBe('announced');
    expect(bench.sandbox.effectiveCloses(bench.named(account))).toBe(1);
  });

  it.each(accounts)('$kind by $idType: reasons are told as declared', async (which) => {
    const { reasonMode, announceOnly, completion } = kindOf(which.kind);
    const account = bench.account(which);
    const mappings = CLOSURE_REASONS.map((reason) => bench.adapter.mapReason({ account, reason, reasonText: null, announceOnly }));
    if (reasonMode === 'NONE') expect(new Set(mappings)).toEqual(new Set(['NOT_SENT']));
    else expect(mappings).toContain('EXACT');
    const told = new Map<ReasonMapping, Set<string>>();
    for (const [index, reason] of CLOSURE_REASONS.entries()) {
      const { outcome, request } = await closed(bench.account(which), { reason });
      expect(taken(completion)).toContain(outcome);
      const mapping = mappings[index] ?? 'NOT_SENT';
      told.set(mapping, (told.get(mapping) ?? new Set()).add(request));
    }
    // What is not sent makes no difference to the request, and what is sent makes one.
    expect(told.get('NOT_SENT')?.size ?? 1).toBe(1);
    const plain = [...(told.get('NOT_SENT') ?? [])];
    expect(plain.filter((request) => told.get('EXACT')?.has(request) || told.get('LOSSY')?.has(request))).toEqual([]);
    if (reasonMode !== 'NONE' && plain.length === 0) expect(told.get('EXACT')?.size).toBeGreaterThan(1);
  });

  it.each(accounts)('$kind by $idType: a text is bounded, and never told for a sensitive reason', async (which) => {
    const { reasonMode, reasonText, completion } = kindOf(which.kind);
    expect(reasonText !== undefined).toBe(reasonMode === 'TEXT');
    if (!reasonText) return;
    expect(reasonText.maxLength).toBeGreaterThan(0);
    expect(reasonText.pattern.source).toMatch(/^\^.*\$$/);
    expect(reasonText.pattern.flags).not.toMatch(/[gmy]/);
    const account = bench.account(which);
    const longest = 'a'.repeat(reasonText.maxLength);
    const ordinary = await closed(account, { reasonText: longest });
    expect(taken(completion)).toContain(ordinary.outcome);
    expect(ordinary.request).toContain(longest);
    for (const reason of CLOSURE_REASONS.filter(isSensitive)) {
      expect(bench.adapter.mapReason({ account, reason, reasonText: longest, announceOnly: false })).not.toBe('EXACT');
      expect((await closed(bench.account(which), { reason, reasonText: longest })).request).not.toContain(longest);
    }
  });

  it('name a kind of accounts below a group exactly where these can be listed', () => {
    const groups = declared().filter(({ childKind }) => childKind);
    expect(bench.adapter.listChildren !== undefined).toBe(groups.length > 0);
    for (const { kind, childKind = kind } of groups) {
      expect(childKind).not.toBe(kind);
      expect(kindOf(childKind).childKind).toBeUndefined();
    }
    // The contract's own tests of lists need one to look at.
    expect(contract.groups !== undefined).toBe(groups.length > 0);
  });

  it('name kinds whose positions are sold exactly where something sells them', () => {
    const sells = declared().some(({ liquidatePositions }) => liquidatePositions);
    expect(bench.adapter.liquidation !== undefined).toBe(sells);
    // The contract's own tests of sales need to know their words.
    expect(contract.sales !== undefined).toBe(sells);
  });

  it('name the sources of outcomes that there are', () => {
    const { outcomeSources, kinds } = bench.adapter.capabilities;
    expect(outcomeSources).toContain('RESPONSE');
    expect(new Set(outcomeSources).size).toBe(outcomeSources.length);
    expect(outcomeSources.includes('WEBHOOK')).toBe(bench.adapter.webhooks !== undefined);
    // The contract's own tests of webhooks need some to look at.
    expect(contract.webhooks !== undefined).toBe(bench.adapter.webhooks !== undefined);
    // An asynchronous closing has to be learned of somehow.
    if (kinds.some(({ completion }) => completion === 'ASYNC')) expect(outcomeSources.length).toBeGreaterThan(1);
  });

  it('preview a closing only where the account can be read, and then do', async () => {
    const readable = bench.adapter.capabilities.outcomeSources.includes('POLL');
    for (const which of accounts) {
      const { eligibility } = kindOf(which.kind);
      if (!readable) expect(eligibility).toBe('NONE');
      if (eligibility === 'BY_READS') {
        const read = await bench.read(bench.account(which), { purpose: 'ELIGIBILITY', blockers: true });
        expect(read).toMatchObject({ ok: true, state: 'OPEN', blockers: [] });
      }
    }
  });

  it('have figures that mean something, and the operator\'s own lag wins', async () => {
    const { visibilityLagMs, requestsPerSecond } = bench.adapter.capabilities;
    expect(visibilityLagMs).toBeGreaterThanOrEqual(0);
    expect(requestsPerSecond ?? 1).toBeGreaterThan(0);
    const other = await openBench(contract, { visibilityLagMs: 12_345 });
    const { visibilityLagMs: lag } = other.adapter.capabilities;
    await other.dispose();
    expect(lag).toBe(12_345);
  });
}
