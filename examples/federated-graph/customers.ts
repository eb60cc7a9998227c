import { gql } from './subgraph';

/** The customers' team: who is asking. It knows nothing of accounts. */
export const customers = {
  name: 'customers',
  typeDefs: gql(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

    type Query {
      "The customer who is asking."
      me: Customer
    }

    "A customer of the bank's partner."
    type Customer @key(fields: "id") {
      id: ID!
      name: String!
    }
  `),
  resolvers: {
    // A real one reads it from the caller's token, which the router hands on.
    Query: { me: () => ({ id: 'c-17', name: 'Ana Pérez' }) },
  },
};
