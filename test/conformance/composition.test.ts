import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { assertCompositionSuccess, composeSchemaContract, composeServices as composeWithGuild } from '@theguild/federation-composition';
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import { buildASTSchema, isObjectType, parse } from 'graphql';
import { accounts } from '../../examples/federated-graph/accounts';
import { customers } from '../../examples/federated-graph/customers';

const printed = readFileSync(join(__dirname, '../../schema/subgraph.graphql'), 'utf8');
const closures = { name: 'closures', typeDefs: parse(printed) };
const subgraphs = [closures, customers, accounts].map(({ name, typeDefs }) => ({ name, typeDefs, url: `http://${name}.test/graphql` }));

/** Every composer on the same graph: what is wrong, and what it would rather see. */
const composers = [
  ['@apollo/composition', () => {
    const { errors, hints, schema } = composeServices(subgraphs);
    return { errors: errors ?? [], hints: hints?.map(String) ?? [], account: schema?.toAPISchema().toGraphQLJSSchema().getType('Account') };
  }],
  ['@theguild/federation-composition', () => {
    const result = composeWithGuild(subgraphs);
    return { errors: result.errors ?? [], hints: [], account: result.publicDocumentNode && buildASTSchema(result.publicDocumentNode).getType('Account') };
  }],
  ['@wundergraph/composition', () => {
    const definitions = subgraphs.map(({ name, typeDefs, url }) => ({ name, url, definitions: typeDefs }));
    const result = federateSubgraphs({ subgraphs: definitions, version: ROUTER_COMPATIBILITY_VERSION_ONE, options: {} });
    const account = result.success ? result.federatedGraphClientSchema.getType('Account') : undefined;
    return { errors: result.success ? [] : result.errors, hints: result.warnings.map(String), account };
  }],
] as const;

/** Whoever owns accounts describes them in words of their own, which win. */
const HINTS: Record<string, string[]> = { '@apollo/composition': ['[INCONSISTENT_DESCRIPTION]: Element "Account"'] };

test.each(composers)('%s composes the graph of the example, with no hint but those that are known', (name, compose) => {
  const { errors, hints, account } = compose();
  expect(errors).toEqual([]);
  expect(hints.map((hint) => /^\S+ Element "\w+"/.exec(hint)?.[0] ?? hint)).toEqual(HINTS[name] ?? []);
  expect(isObjectType(account) && Object.keys(account.getFields()).toSorted()).toEqual(
    ['closure', 'closureRef', 'country', 'iban', 'id', 'kind', 'provider'],
  );
});

test('a contract without the tag "internal" has a whole schema that shows nothing of it', () => {
  const whole = composeWithGuild(subgraphs);
  const contract = composeSchemaContract(subgraphs, { include: new Set(), exclude: new Set(['internal']) }, true);
  assertCompositionSuccess(whole);
  assertCompositionSuccess(contract);
  const internal = /\b(attempts|providerErrors|providerRequestId|adapter|resolveClosure|ResolveClosurePayload|ProviderError)\b/g;
  const names = (sdl: string) => new Set(sdl.replaceAll(/""".*?"""/gs, '').match(internal));
  expect(names(whole.publicSdl).size).toBe(7);
  expect([...names(contract.publicSdl)]).toEqual([]);
  expect(contract.publicSdl).toMatch(/closeAccount\(/);
});
