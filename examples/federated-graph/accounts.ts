import { gql } from './subgraph';

/**
 * `closureRef` is kept beside the account. `closureEligibility` and `closeAccount` say it once, as `account.closureRef`;
 * it never changes, and nobody needs to know how it is made.
 */
const ACCOUNTS = [
  {
    id: 'a-1', owner: 'c-17', kind: 'SAVINGS', country: 'ES', provider: 'emoney',
    iban: 'ES9121000418450200051332',
    closureRef: 'emoney:ACCOUNT:IBAN:ES9121000418450200051332',
  },
  {
    id: 'a-2', owner: 'c-17', kind: 'CURRENT', country: 'ES', provider: 'emoney',
    iban: 'ES7921000813610123456789',
    closureRef: 'emoney:ACCOUNT:UUID:acc00000-0000-4000-8000-000000000001',
  },
  {
    id: 'a-3', owner: 'c-17', kind: 'SECURITIES', country: 'DE', provider: 'upvest',
    iban: 'DE89370400440532013000',
    closureRef: 'upvest:ACCOUNT:UUID:ac000000-0000-4000-8000-000000000009',
  },
  {
    id: 'a-4', owner: 'c-17', kind: 'SAVINGS', country: 'FR', provider: 'emoney',
    iban: 'FR1420041010050500013M02606',
    closureRef: 'emoney:ACCOUNT:IBAN:FR1420041010050500013M02606',
  },
];

/**
 * The accounts' team: it owns `Account`, by a key of its own, with fields that the closures know nothing of. The second key
 * is all that it adds: `resolvable: false`, because nobody has to find an account by it.
 */
export const accounts = {
  name: 'accounts',
  typeDefs: gql(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

    type Customer @key(fields: "id") {
      id: ID!
      accounts: [Account!]!
    }

    "An account that a customer holds at some provider."
    type Account @key(fields: "id") @key(fields: "closureRef", resolvable: false) {
      id: ID!
      kind: AccountKind!
      country: String!
      provider: String!
      iban: String!
      closureRef: ID!
    }

    enum AccountKind {
      CURRENT
      SAVINGS
      SECURITIES
    }
  `),
  resolvers: {
    Customer: { accounts: ({ id }: { id: string }) => ACCOUNTS.filter(({ owner }) => owner === id) },
    Account: { __resolveReference: ({ id }: { id: string }) => ACCOUNTS.find((account) => account.id === id) ?? null },
  },
};
