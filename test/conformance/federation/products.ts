import { Arg, Directive, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { buildSubgraphFrom, type Subgraph } from '../../../src/graphql/build-schema';
import { instance } from '../../../src/graphql/instance';
import { CaseStudy, DeprecatedProduct, Inventory, Product, ProductDimension, ProductResearch, ProductVariation, User } from './products-types';

/** The links are those that the tests ask for: they know Federation up to 2.3. */
const HEADER = `
extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.3"
    import: ["@composeDirective", "@external", "@inaccessible", "@interfaceObject", "@key", "@override", "@provides", "@requires", "@shareable", "@tag"]
  )
  @link(url: "https://myspecs.dev/myCustomDirective/v1.0", import: ["@custom"])
  @composeDirective(name: "@custom")
directive @custom on OBJECT`;

/** The values that the tests expect. */
const CREATOR = instance(User, { email: 'support@apollographql.com', name: 'Jane Smith', totalProductsCreated: 1337, yearsOfEmployment: 10 });

function research(caseNumber: string, description: string): ProductResearch {
  return instance(ProductResearch, { study: instance(CaseStudy, { caseNumber, description }), outcome: null });
}

function product(given: Pick<Product, 'id' | 'sku' | 'package' | 'research'>, variation: string): Product {
  const dimensions = instance(ProductDimension, { size: 'small', weight: 1, unit: 'kg' });
  return instance(Product, { ...given, variation: instance(ProductVariation, { id: variation }), dimensions, createdBy: CREATOR, notes: null });
}

const PRODUCTS = [
  product({ id: 'apollo-federation', sku: 'federation', package: '@apollo/federation', research: [research('1234', 'Federation Study')] }, 'OSS'),
  product({ id: 'apollo-studio', sku: 'studio', package: '', research: [research('1235', 'Studio Study')] }, 'platform'),
];
const DEPRECATED = instance(DeprecatedProduct, {
  sku: 'apollo-federation-v1',
  package: '@apollo/federation-v1',
  reason: 'Migrate to Federation V2',
  createdBy: CREATOR,
});

function deprecated(sku: unknown, name: unknown): DeprecatedProduct | null {
  return sku === DEPRECATED.sku && name === DEPRECATED.package ? DEPRECATED : null;
}

@Resolver()
class ProductsResolver {
  @Query(() => Product, { nullable: true })
  product(@Arg('id', () => ID) id: string): Product | null {
    return PRODUCTS.find((candidate) => candidate.id === id) ?? null;
  }

  @Query(() => DeprecatedProduct, { nullable: true, deprecationReason: 'Use product query instead' })
  deprecatedProduct(@Arg('sku', () => String) sku: string, @Arg('package', () => String) name: string): DeprecatedProduct | null {
    return deprecated(sku, name);
  }
}

@Resolver(() => User)
class UserResolver {
  @Directive('@requires(fields: "totalProductsCreated yearsOfEmployment")')
  @FieldResolver(() => Int, { nullable: true })
  averageProductsCreatedPerYear(@Root() user: User): number | null {
    return user.totalProductsCreated === null ? null : Math.round(user.totalProductsCreated / user.yearsOfEmployment);
  }
}

@Resolver(() => Inventory)
class InventoryResolver {
  @FieldResolver(() => [DeprecatedProduct])
  deprecatedProducts(): DeprecatedProduct[] {
    return [DEPRECATED];
  }
}

type Representation = Record<string, unknown> & { study?: { caseNumber: string }; variation?: { id: string } };

function isSameProduct(candidate: Product, { id, sku, package: name, variation }: Representation): boolean {
  if (id) return candidate.id === id;
  return candidate.sku === sku && (name ? candidate.package === name : candidate.variation?.id === variation?.id);
}

/** The products subgraph of Apollo's federation compatibility tests, by the gateway's own schema builder. */
export function buildProducts(): Subgraph {
  return buildSubgraphFrom({
    header: HEADER,
    resolvers: [ProductsResolver, UserResolver, InventoryResolver],
    orphanedTypes: [ProductResearch, User, Inventory],
    references: {
      Product: { __resolveReference: async (given) => PRODUCTS.find((candidate) => isSameProduct(candidate, given)) ?? null },
      DeprecatedProduct: { __resolveReference: async ({ sku, package: name }) => deprecated(sku, name) },
      ProductResearch: {
        __resolveReference: async ({ study }: Representation) =>
          PRODUCTS.flatMap((candidate) => candidate.research).find((known) => known.study.caseNumber === study?.caseNumber) ?? null,
      },
      User: { __resolveReference: async (given) => Object.assign(new User(), { ...CREATOR, ...given }) },
      Inventory: { __resolveReference: async ({ id }) => instance(Inventory, { id: String(id) }) },
    },
  });
}
