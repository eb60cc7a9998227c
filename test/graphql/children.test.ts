import type { Blocker } from '../../src/domain/blocker';
import { type Api, startApi } from '../support/api';
import { closureRecord } from '../support/closure-record';

const FAMILY = 'id children { id parent { id } idempotencyKey } parent { id }';
const byIds = (ids: string[]): string => `{ ${ids.map((id, index) => `a${index}: closureStatus(closureId: "${id}") { ${FAMILY} }`).join(' ')} }`;
const reader = { 'x-test-scopes': 'closures:read' };

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

test('a group shows the closures of its accounts, and each of them its group', async () => {
  const children = Array.from({ length: 3 }, () => closureRecord({ idempotencyKey: null }));
  const parent = await api.seed({}, children);
  const { data, errors } = await api.graphql(byIds([parent.id, children[0]!.id]));
  expect(errors).toEqual([]);
  expect(data).toEqual({
    a0: { id: parent.id, children: children.map(({ id }) => ({ id, parent: { id: parent.id }, idempotencyKey: null })), parent: null },
    a1: { id: children[0]!.id, children: [], parent: { id: parent.id } },
  });
});

test('fifty groups and their accounts are two store queries', async () => {
  const parents = await Promise.all(Array.from({ length: 50 }, () => api.seed({}, [closureRecord(), closureRecord()])));
  api.watched.reset();
  const { errors } = await api.graphql(`{ ${parents.map(({ id }, index) => `a${index}: closureStatus(closureId: "${id}") { children { id } }`).join(' ')} }`);
  expect(errors).toEqual([]);
  expect([api.watched.calls('closures'), api.watched.calls('children')]).toEqual([1, 1]);
});

test('fifty accounts and their groups are two store queries', async () => {
  const children = Array.from({ length: 50 }, () => closureRecord());
  for (const child of children) await api.seed({}, [child]);
  api.watched.reset();
  const { errors } = await api.graphql(`{ ${children.map(({ id }, index) => `a${index}: closureStatus(closureId: "${id}") { parent { id } }`).join(' ')} }`);
  expect(errors).toEqual([]);
  expect([api.watched.calls('closures'), api.watched.calls('parents')]).toEqual([1, 1]);
});

test('the accounts of a sensitive closing look ordinary to whoever may not operate', async () => {
  const hold: Blocker = { code: 'LEGAL_HOLD', message: 'Held.', stage: 'COMPLETION', resolvableBy: 'NOBODY', selfResolving: false, relatedIds: ['case-1'] };
  const children = [closureRecord({ reason: 'FINANCIAL_CRIME', blockers: [hold], providerStatus: 'FROZEN' })];
  const parent = await api.seed({ reason: 'FINANCIAL_CRIME' }, children);
  const document = `{ closureStatus(closureId: "${parent.id}") { children { reason initiator providerStatus blockers { code relatedIds } parent { reason } } } }`;
  const { data } = await api.graphql(document, {}, reader);
  expect(data).toEqual({
    closureStatus: {
      children: [{ reason: 'OTHER', initiator: 'PROVIDER', providerStatus: null, blockers: [{ code: 'MANUAL_REVIEW', relatedIds: [] }], parent: { reason: 'OTHER' } }],
    },
  });
});

test('a document that goes round in families is refused', async () => {
  const round = (times: number): string => (times === 0 ? 'id' : `children { parent { ${round(times - 1)} } }`);
  const { status, errors } = await api.graphql(`{ closureStatus(closureId: "x") { ${round(6)} } }`);
  expect([status, errors[0]?.extensions.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
});
