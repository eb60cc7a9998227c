/** Where the API is, whatever the transport. */
export const GRAPHQL_PATH = '/graphql';
