import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createStreams } from 'graphql-sse';
import {
  CloseAccountDocument,
  type CloseAccountInput,
  type CloseAccountMutation,
  ClosureEligibilityDocument,
  type ClosureEligibilityQuery,
  type ClosureFilter,
  ClosuresDocument,
  type ClosureUpdatedSubscription,
} from './generated/graphql';

export type Account = CloseAccountInput['account'];
export type Eligibility = ClosureEligibilityQuery['closureEligibility'];
export type CloseAnswer = CloseAccountMutation['closeAccount'];
export type Closure = ClosureUpdatedSubscription['closureUpdated'];

/** The server that the page comes from passes what goes here on to the gateway. */
const URL = '/graphql';
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/** One request for each subscription, answered by server-sent events. */
const streams = createStreams({
  url: URL,
  // A closing may take months, and a connection does not.
  retryAttempts: Infinity,
  retry: (retries) => new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS))),
});

export const client = new Client({
  url: URL,
  // The gateway refuses a GET that another site could have had the browser send.
  preferGetMethod: false,
  exchanges: [
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({ subscribe: (sink) => ({ unsubscribe: streams.subscribe({ query, variables }, sink) }) }),
    }),
    fetchExchange,
  ],
});

/**
 * Whether the account could be closed now. Changes nothing.
 * @throws CombinedError without a usable answer
 */
export async function readEligibility(account: Account): Promise<Eligibility> {
  const { data, error } = await client.query(ClosureEligibilityDocument, { account }).toPromise();
  if (!data) throw error;
  return data.closureEligibility;
}

/**
 * Asks for the closing; a refusal is an answer.
 * @throws CombinedError without a usable answer: the request may have been recorded, and the same key finds out
 */
export async function requestClosing(input: CloseAccountInput): Promise<CloseAnswer> {
  const { data, error } = await client.mutation(CloseAccountDocument, { input }).toPromise();
  if (!data) throw error;
  return data.closeAccount;
}

/**
 * Id of the newest closure of that description; null: there is none.
 * @throws CombinedError without a usable answer
 */
export async function findClosure(filter: ClosureFilter): Promise<string | null> {
  const { data, error } = await client.query(ClosuresDocument, { filter, first: 1 }).toPromise();
  if (!data) throw error;
  return data.closures.edges[0]?.node.id ?? null;
}
