import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite';
import { auditKey } from '../support/audit';
import { run } from '../support/audited-store';
import { sampleClosure, sampleEvent } from '../support/sample-closure';

const clock = { now: Date.now, monotonic: () => performance.now() };

describe('npm run audit', () => {
  let folder: string;
  let dataDir: string;
  const key = auditKey();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'closure-audit-'));
    dataDir = join(folder, "data of o'brien #1?");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    [[], 'Give one of verify, export and checkpoint.'],
    [['nonsense'], 'Give one of verify, export and checkpoint.'],
    [['toString'], 'Give one of verify, export and checkpoint.'],
    [['verify', 'more'], 'Give one of verify, export and checkpoint.'],
    [['verify', '--nonsense'], "Unknown option '--nonsense'"],
    [['verify', '--out', 'x'], 'verify does not take --out.'],
    [['verify', '--data', 'x', '--from', 'postgres://db.example/closures'], 'Give one of --from and --data.'],
    [['verify', '--from', '.data'], '--from takes postgres://'],
    [['export'], 'export needs --closure.'],
    [['checkpoint'], 'checkpoint needs --out.'],
  ])('%j is refused with how it is used', async (args, words) => {
    const { status, lines } = await run(...args);
    expect(status).toBe(2);
    expect(lines.join('\n')).toContain(words);
    expect(lines.join('\n')).toContain('npm run audit -- verify [--checkpoint FILE]');
  });

  it('makes no store where there is none', async () => {
    mkdirSync(dataDir);
    expect(await run('verify', '--data', dataDir)).toEqual({ status: 2, lines: [`The data folder ${dataDir} holds no store.`] });
    expect(existsSync(join(dataDir, 'gateway.db'))).toBe(false);
  });

  it('names the file that it cannot use', async () => {
    await (await openSqliteStore({ dataDir, clock })).dispose();
    const file = join(folder, 'file');
    writeFileSync(file, 'nonsense');
    const nowhere = join(folder, 'nowhere', 'file');
    const words = async (...args: string[]) => (await run(args[0]!, '--data', dataDir, ...args.slice(1))).lines;
    expect(await words('verify', '--key', file)).toEqual([`${file}: is no key in PEM`]);
    expect(await words('verify', '--checkpoint', file)).toEqual([`${file}: is no checkpoint that this command wrote`]);
    expect(await words('verify', '--checkpoint', nowhere)).toEqual([expect.stringContaining(`${nowhere}: cannot be read`)]);
    expect(await words('checkpoint', '--out', file)).toEqual(['There is no checkpoint yet: the gateway seals them where AUDIT_KEY is set.']);
  });

  it('does not call a file in order that it cannot read', async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'gateway.db'), 'x'.repeat(10_000));
    expect(await run('verify', '--data', dataDir)).toEqual({ status: 2, lines: [expect.stringMatching(/^The store cannot be read: /)] });
  });

  it('exports a trail that others can check: with the documented encoding and any SHA-256', async () => {
    const store = await openSqliteStore({ dataDir, clock });
    const closure = sampleClosure();
    await store.record(closure, sampleEvent({ detail: 'Grund – 理由' }), 0);
    const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSED', cause: 'RESPONSE', actor: null, evidence: { httpStatus: 204 } });
    await store.commit({ id: closure.id, guard: { version: 1 }, set: { status: 'CLOSED' }, visible: true, event, lease: 'release' });
    const { lines, status } = await run('export', '--data', dataDir, '--closure', closure.id);
    const exported = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(status).toBe(0);
    expect(exported.map(({ type }) => type)).toEqual(['closure', 'entry', 'entry']);
    expect(exported[0]).toMatchObject({ id: closure.id, status: 'CLOSED', count: 2, intent: { subject: closure.subject, account: closure.account } });
    expect(JSON.stringify(exported[0])).not.toContain(closure.idempotencyKey!);
    const field = (value: unknown) => (value === null ? '-' : `${Buffer.byteLength(String(value))}:${String(value)}`);
    const names = ['closureId', 'seq', 'from', 'to', 'at', 'cause', 'detail', 'actor', 'correlationId', 'providerRequestId', 'evidence'];
    const [, first, second] = exported;
    const text = ['entry.v1', first!.hash, ...names.map((name) => second![name])].map(field).join('');
    expect(createHash('sha256').update(text).digest('hex')).toBe(second!.hash);
    expect(exported[0]!.head).toBe(second!.hash);
    expect(await run('export', '--data', dataDir, '--closure', 'nobody')).toEqual({ status: 1, lines: ['There is no such closure.'] });
    await store.dispose();
  });

  it('exports the newest checkpoint, which verify then takes', async () => {
    const store = await openSqliteStore({ dataDir, clock });
    const out = join(folder, 'checkpoint.json');
    await store.record(sampleClosure(), sampleEvent(), 0);
    const { closures: _listed, ...sealed } = (await store.sealCheckpoint(10, key.signer))!;
    expect(await run('checkpoint', '--data', dataDir, '--out', out)).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(sealed);
    expect((await run('verify', '--data', dataDir, '--checkpoint', out)).status).toBe(0);
    const unwritable = join(folder, 'nowhere', 'file');
    expect(await run('checkpoint', '--data', dataDir, '--out', unwritable)).toMatchObject({ status: 2, lines: [expect.stringContaining('cannot be written')] });
    await store.dispose();
  });
});
