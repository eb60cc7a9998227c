import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  print,
  validate,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
} from 'graphql';
import { BLOCKER_CODES } from '../../src/domain/blocker';
import { CLOSURE_STATUSES } from '../../src/domain/closure-status';
import { CLOSURE_ERROR_CODES, ERROR_CODES } from '../../src/domain/error-code';
import { CLOSURE_REASONS } from '../../src/domain/reason';
import { buildSubgraph } from '../../src/graphql/build-schema';

const folder = join(__dirname, '../../schema');
const { apiSdl, subgraphSdl, schema: served } = buildSubgraph();
const api = buildSchema(apiSdl);
const named = Object.values(api.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

type AnyField = GraphQLField<unknown, unknown> | GraphQLInputField;

function argsOf(field: AnyField): readonly GraphQLArgument[] {
  return 'args' in field ? field.args : [];
}

function defaultOf(field: AnyField | GraphQLArgument): string {
  return 'defaultValue' in field && field.defaultValue !== undefined ? ` = ${String(field.defaultValue)}` : '';
}

/** Field signatures without descriptions, as the contract writes them. */
function shape(type: GraphQLNamedType | null | undefined): string[] {
  if (!isObjectType(type) && !isInputObjectType(type)) throw new Error('Not a type with fields.');
  return Object.values<AnyField>(type.getFields()).map((field) => {
    const args = argsOf(field).map((arg) => `${arg.name}: ${arg.type}${defaultOf(arg)}`);
    return `${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}: ${field.type}${defaultOf(field)}`;
  });
}

describe('the contract', () => {
  test.each([
    ['Query', [
      'closureEligibility(account: AccountInput!): ClosureEligibility!',
      'closureProviders: [ClosureProvider!]!',
      'closureStatus(closureId: ID!): Closure',
      'closures(after: String, filter: ClosureFilter, first: Int = 20): ClosureConnection!',
    ]],
    ['Mutation', [
      'cancelClosure(closureId: ID!): CancelClosurePayload!',
      'closeAccount(input: CloseAccountInput!): CloseAccountPayload!',
      'refreshClosure(closureId: ID!): RefreshClosurePayload!',
      'resolveClosure(input: ResolveClosureInput!): ResolveClosurePayload!',
    ]],
    ['Subscription', ['closureUpdated(closureId: ID!): Closure!']],
    ['AccountInput', [
      'country: String', 'id: String!', 'idType: ClosureAccountIdType', 'kind: ClosureAccountKind! = ACCOUNT', 'provider: ID!',
    ]],
    ['CloseAccountInput', [
      'account: AccountInput!', 'announceOnly: Boolean! = false', 'idempotencyKey: String!', 'includeAccounts: Boolean! = false',
      'initiator: ClosureInitiator! = HOLDER', 'liquidatePositions: Boolean! = false', 'reason: ClosureReason!', 'reasonText: String',
    ]],
    ['ResolveClosureInput', ['closureId: ID!', 'expectedVersion: Int!', 'note: String!', 'outcome: ClosureResolution!']],
    ['ClosureFilter', [
      'account: AccountInput', 'blocker: [BlockerCode!]', 'idempotencyKey: String', 'provider: ID', 'requestedAfter: DateTime',
      'status: [ClosureStatus!]', 'statusBefore: DateTime', 'updatedAfter: DateTime',
    ]],
    ['CloseAccountPayload', ['closure: Closure', 'error: ClosureError', 'replayed: Boolean!']],
    ['RefreshClosurePayload', ['closure: Closure', 'error: ClosureError']],
    ['CancelClosurePayload', ['closure: Closure', 'error: ClosureError']],
    ['ResolveClosurePayload', ['closure: Closure', 'error: ClosureError']],
    ['Closure', [
      'account: ClosureAccount!', 'attempts: Int!', 'blockers: [ClosureBlocker!]!', 'blockersUnknown: [BlockerCode!]!', 'children: [Closure!]!', 'closedAt: DateTime', 'error: ClosureError',
      'expectedCloseAt: DateTime', 'history: [ClosureEvent!]!', 'id: ID!', 'idempotencyKey: String', 'includeAccounts: Boolean!', 'initiator: ClosureInitiator!',
      'nextCheckAt: DateTime', 'parent: Closure', 'provider: ClosureProvider!', 'providerStatus: String', 'reason: ClosureReason!',
      'reasonMapping: ReasonMapping!', 'reasonText: String', 'reports: [ClosureReport!]!', 'requestedAt: DateTime!',
      'requiredAction: ClosureAction', 'status: ClosureStatus!', 'statusSince: DateTime!', 'terminal: Boolean!',
      'updatedAt: DateTime!', 'version: Int!',
    ]],
    ['ClosureError', [
      'blockers: [ClosureBlocker!]!', 'code: ClosureErrorCode!', 'correlationId: String!', 'field: [String!]', 'message: String!',
      'provider: ID', 'providerErrors: [ProviderError!]!', 'providerRequestId: String', 'retry: RetryAdvice!', 'retryAfterSeconds: Int',
    ]],
    ['ProviderError', ['code: String', 'httpStatus: Int', 'level: String', 'message: String', 'type: String']],
    ['ClosureBlocker', [
      'amount: String', 'code: BlockerCode!', 'currency: String', 'message: String!', 'relatedIds: [String!]!',
      'resolvableBy: BlockerResolver!', 'selfResolving: Boolean!', 'stage: BlockerStage!',
    ]],
    ['ClosureAction', ['expiresAt: DateTime', 'type: String!', 'url: String']],
    ['ClosureEligibility', [
      'account: ClosureAccount', 'blockers: [ClosureBlocker!]!', 'checkedAt: DateTime!', 'eligible: Boolean', 'error: ClosureError',
      'providerStatus: String',
    ]],
    ['ClosureAccount', [
      'closureRef: ID!', 'country: String', 'displayId: String!', 'id: ID!', 'idType: ClosureAccountIdType!', 'kind: ClosureAccountKind!',
      'provider: ID!',
    ]],
    ['Account', ['closure: Closure', 'closureRef: ID!']],
    ['ClosureProvider', [
      'accountKinds: [ClosureProviderAccountKind!]!', 'active: Boolean!', 'adapter: String!', 'displayName: String!', 'id: ID!',
      'outcomeSources: [OutcomeSource!]!',
    ]],
    ['ClosureConnection', ['edges: [ClosureEdge!]!', 'pageInfo: PageInfo!']],
    ['ClosureEdge', ['cursor: String!', 'node: Closure!']],
    ['PageInfo', ['endCursor: String', 'hasNextPage: Boolean!', 'hasPreviousPage: Boolean!', 'startCursor: String']],
    ['ClosureReport', ['createdAt: DateTime!', 'id: ID!', 'type: String!']],
    ['ClosureEvent', ['at: DateTime!', 'cause: ClosureEventCause!', 'detail: String', 'from: ClosureStatus', 'to: ClosureStatus!']],
  ])('%s has these fields and no others', (name, fields) => {
    expect(shape(api.getType(name))).toEqual(fields);
  });

  test.each([
    ['ClosureStatus', CLOSURE_STATUSES],
    ['ClosureErrorCode', CLOSURE_ERROR_CODES],
    ['BlockerCode', BLOCKER_CODES],
    ['ClosureReason', CLOSURE_REASONS],
  ])('%s has every word of the domain', (name, words) => {
    const type = served.getType(name);
    expect(isEnumType(type) && type.getValues().map((value) => value.name)).toEqual([...words]);
  });

  test.each([
    ['Open', ['BlockerCode', 'ClosureAccountIdType', 'ClosureErrorCode', 'ClosureReason']],
    ['Closed', ['ClosureStatus', 'RetryAdvice']],
  ])('%s enums say so', (word, names) => {
    const saying = named.filter((type) => isEnumType(type) && type.description?.includes(`${word}: `)).map(({ name }) => name);
    expect(saying.toSorted()).toEqual(names);
  });

  test('every error code says when it is given and what to do', () => {
    const type = served.getType('ClosureErrorCode');
    const texts = isEnumType(type) ? type.getValues().map(({ description }) => description) : [];
    expect(texts).toEqual(Object.values(ERROR_CODES).map(({ description, retry }) => `${description} Retry advice: ${retry}.`));
  });

  test('everything is described', () => {
    const undescribed = named.flatMap((type) => {
      const missing = type.description ? [] : [type.name];
      if (isEnumType(type)) missing.push(...type.getValues().filter((value) => !value.description).map((value) => `${type.name}.${value.name}`));
      if (isObjectType(type) || isInputObjectType(type)) {
        for (const field of Object.values<AnyField>(type.getFields())) {
          if (!field.description) missing.push(`${type.name}.${field.name}`);
          missing.push(...argsOf(field).filter((arg) => !arg.description).map((arg) => `${type.name}.${field.name}(${arg.name})`));
        }
      }
      return missing;
    });
    const builtIn = ['Boolean', 'ID', 'Int', 'String'];
    expect(undescribed.filter((name) => !builtIn.includes(name))).toEqual([]);
  });

  test('what is for operators only is tagged', () => {
    const tagged = Object.values(served.getTypeMap()).flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields())
            .filter(({ astNode }) => astNode?.directives?.some((directive) => print(directive) === '@tag(name: "internal")'))
            .map(({ name }) => `${type.name}.${name}`)
        : [],
    );
    expect(tagged.toSorted()).toEqual([
      'ClosureError.providerErrors', 'ClosureError.providerRequestId', 'Closure.attempts', 'ClosureProvider.adapter', 'Mutation.resolveClosure',
    ].toSorted());
  });

  test('the client schema has nothing of federation', () => {
    expect(apiSdl).not.toMatch(/@key|@link|@shareable|@tag|_entities|_Any|_service|federation/);
    expect(apiSdl).toMatch(/^scalar DateTime$/m);
    expect(subgraphSdl).toMatch(/^scalar DateTime$/m);
  });
});

test.each([
  ['api.graphql', apiSdl],
  ['subgraph.graphql', subgraphSdl],
])('schema/%s is what the classes print', (file, sdl) => {
  const committed = readFileSync(join(folder, file), 'utf8');
  expect(committed.startsWith('# Written by')).toBe(true);
  expect(committed.slice(committed.indexOf('\n')).trim()).toBe(sdl.trim());
});

const operations = readdirSync(join(folder, 'operations')).filter((file) => file.endsWith('.graphql'));

test('there is a client document for every operation', () => {
  const text = operations.map((file) => readFileSync(join(folder, 'operations', file), 'utf8')).join('\n');
  const fields = [api.getQueryType(), api.getMutationType(), api.getSubscriptionType()].flatMap((type) => Object.keys(type?.getFields() ?? {}));
  expect(fields.filter((field) => !new RegExp(`^  ${field}\\b`, 'm').test(text))).toEqual([]);
});

test.each(operations)('the client document %s is valid', (file) => {
  expect(validate(api, parse(readFileSync(join(folder, 'operations', file), 'utf8')))).toEqual([]);
});
