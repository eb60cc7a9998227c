import { createHash } from 'node:crypto';
import { type Arbitrary, array, assert, constantFrom, integer, oneof, option, property, record, string, tuple } from 'fast-check';
import { type AuditEntry, encodeFields, entryHash, nextEntry, startOfChain } from '../../src/domain/audit-chain';
import { checkpointRoot, signedText } from '../../src/domain/audit-checkpoint';
import { sampleClosure, sampleEvent } from '../support/sample-closure';

/** As a database gives texts back: whole Unicode characters, here often of the encoding's own marks. */
const text = oneof(string({ unit: constantFrom('-', ':', '0', '1', '2', 'ä', '😀') }), string({ unit: 'grapheme' }));
const optional = option(text);
const number = integer({ min: 0 });
const entry: Arbitrary<AuditEntry> = record({
  closureId: text,
  seq: number,
  from: optional,
  to: text,
  at: number,
  cause: text,
  detail: optional,
  actor: optional,
  correlationId: text,
  providerRequestId: optional,
  evidence: optional,
});

const SAMPLE: AuditEntry = {
  closureId: 'c',
  seq: 2,
  from: 'REQUESTED',
  to: 'CLOSING',
  at: 1_790_000_000_000,
  cause: 'RESPONSE',
  detail: 'Angenommen – 承認',
  actor: null,
  correlationId: 'correlation-1',
  providerRequestId: null,
  evidence: '{"httpStatus":202}',
};

describe('the encoding of fields', () => {
  const fields = array(optional, { maxLength: 5 });

  it('is never the same for others', () => {
    assert(property(fields, fields, (one, other) => (encodeFields(one) === encodeFields(other)) === (JSON.stringify(one) === JSON.stringify(other))), { numRuns: 2000 });
  });

  it('cannot be shifted from one field into the next', () => {
    const moved = tuple(text, text, text).filter(([, part]) => part !== '');
    assert(property(moved, ([before, part, after]) => encodeFields([before + part, after]) !== encodeFields([before, part + after])));
  });

  it('can be read back, so that no two can be alike', () => {
    assert(property(fields, (given) => expect(decoded(encodeFields(given))).toEqual(given)));
  });

  it('is the documented one: the length in bytes, a colon, the text; a dash for null', () => {
    expect(encodeFields(['a', 'ä', '', null, 12])).toBe('1:a2:ä0:-2:12');
  });
});

describe('the hash of an entry', () => {
  it('is the documented one', () => {
    const fieldsOf = 'entry.v1 PREVIOUS c 2 REQUESTED CLOSING 1790000000000 RESPONSE'.split(' ').map((field) => `${field.length}:${field}`);
    const rest = ['21:Angenommen – 承認', '-', '13:correlation-1', '-', '18:{"httpStatus":202}'];
    const wanted = createHash('sha256').update([...fieldsOf, ...rest].join('')).digest('hex');
    expect(entryHash('PREVIOUS', SAMPLE)).toBe(wanted);
  });

  it('differs for every two entries that differ', () => {
    assert(property(entry, entry, (one, other) => (entryHash('', one) === entryHash('', other)) === (JSON.stringify(one) === JSON.stringify(other))));
  });

  it.each(Object.keys(SAMPLE) as (keyof AuditEntry)[])('differs when %s does', (field) => {
    const value = SAMPLE[field];
    for (const other of [typeof value === 'number' ? value + 1 : `${value}x`, ...(value === null ? [''] : [])]) {
      expect(entryHash('', { ...SAMPLE, [field]: other })).not.toBe(entryHash('', SAMPLE));
    }
  });

  it('differs when the entry before it does', () => {
    expect(entryHash('a', SAMPLE)).not.toBe(entryHash('b', SAMPLE));
  });
});

describe('a chain', () => {
  const closure = sampleClosure({ id: 'id', reasonText: 'gone' });

  it('begins with what was asked for, and with nothing that is forgotten later', () => {
    const start = startOfChain(closure);
    const { id, account } = closure;
    expect(startOfChain({ ...closure, idempotencyKey: null, fingerprint: '', status: 'CLOSED' } as typeof closure)).toEqual(start);
    const changes: Partial<typeof closure>[] = [
      { id: `${id}x` },
      { tenant: 'x' },
      { subject: 'x' },
      { account: { ...account, id: 'x' } },
      { account: { ...account, provider: 'x' } },
      { account: { ...account, kind: 'ACCOUNT_GROUP' } },
      { account: { ...account, idType: 'BBAN' } },
      { account: { ...account, country: 'DE' } },
      { lockKey: 'x' },
      { reason: 'OTHER' },
      { reasonText: null },
      { reasonMapping: 'LOSSY' },
      { initiator: 'PROVIDER' },
      { announceOnly: true },
      { liquidatePositions: true },
      { includeAccounts: true },
      { correlationId: 'x' },
      { requestedAt: 1 },
    ];
    const hashes = changes.map((change) => startOfChain({ ...closure, ...change }).hash);
    expect(new Set([start.hash, ...hashes]).size).toBe(changes.length + 1);
  });

  it('goes on from its last entry', () => {
    const first = nextEntry(startOfChain(closure), 'id', sampleEvent());
    const second = nextEntry({ hash: first.hash, count: first.seq }, 'id', sampleEvent({ evidence: { httpStatus: 204 } }));
    expect([first.seq, first.evidence, second.seq, second.evidence]).toEqual([1, null, 2, '{"httpStatus":204}']);
    expect(second.hash).toBe(entryHash(first.hash, second));
  });
});

describe('a checkpoint', () => {
  const at = { number: 2, sealedAt: 5 };
  const seals = [{ closureId: 'a', count: 1, head: 'x' }, { closureId: 'b', count: 2, head: 'y' }];
  const root = checkpointRoot('before', at, seals);

  it('depends on the one before it, on itself and on everything that it lists', () => {
    const others = [
      checkpointRoot('other', at, seals),
      checkpointRoot('before', { ...at, number: 3 }, seals),
      checkpointRoot('before', { ...at, sealedAt: 6 }, seals),
      checkpointRoot('before', at, seals.slice(1)),
      checkpointRoot('before', at, seals.toReversed()),
      ...(['closureId', 'count', 'head'] as const).map((name) => checkpointRoot('before', at, [{ ...seals[0]!, [name]: 9 }, seals[1]!])),
    ];
    expect(new Set([root, ...others]).size).toBe(others.length + 1);
  });

  it('is signed with its number and time, not only with its root', () => {
    const texts = [{ ...at, root }, { ...at, root: 'x' }, { ...at, root, number: 3 }, { ...at, root, sealedAt: 6 }].map(signedText);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

/** The fields that an encoding was made of. */
function decoded(encoded: string): (string | null)[] {
  const fields: (string | null)[] = [];
  let rest = Buffer.from(encoded);
  while (rest.length > 0) {
    if (rest[0] === '-'.charCodeAt(0)) {
      fields.push(null);
      rest = rest.subarray(1);
      continue;
    }
    const colon = rest.indexOf(':');
    const end = colon + 1 + Number(rest.subarray(0, colon));
    fields.push(rest.subarray(colon + 1, end).toString());
    rest = rest.subarray(end);
  }
  return fields;
}
