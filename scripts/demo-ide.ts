import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

const CLOSE = `# Ctrl-Enter runs this. A second time it is the same request again (same idempotencyKey):
# you get the same closure, as it is by then, with replayed: true.
mutation Close {
  closeAccount(input: {
    idempotencyKey: "from-the-ide-0001"
    account: { provider: "upvest", id: "3f1c2d4e-0000-4000-8000-00000000c0de" }
    reason: CUSTOMER_REQUEST
  }) {
    replayed
    closure { id status reasonMapping account { displayId closureRef } }
    error { code message retry }
  }
}
`;

const LIST = `query NewestFirst {
  closures(first: 10) {
    edges {
      node {
        id status statusSince attempts
        provider { displayName }
        account { kind displayId }
        error { code message retry }
        history { at from to cause detail }
      }
    }
  }
}
`;

const ELIGIBILITY = `# A live look at the provider that changes nothing. This account still holds money.
query MayItBeClosed {
  closureEligibility(account: { provider: "emoney", id: "acc00000-0000-4000-8000-000000000001" }) {
    eligible
    providerStatus
    blockers { code stage message amount currency resolvableBy }
    error { code message }
  }
}
`;

const PROVIDERS = `query Providers {
  closureProviders {
    id displayName outcomeSources
    accountKinds { kind idTypes defaultIdType completion reasonMode announceOnly eligibility }
  }
}
`;

/** A page with everything in it: it asks nobody but the gateway. */
export function idePage(): string {
  return renderGraphiQL({
    endpoint: '/graphql',
    title: 'Account closures',
    defaultTabs: [CLOSE, LIST, ELIGIBILITY, PROVIDERS].map((query) => ({ query })),
  });
}
