import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApolloServerPlugin, GraphQLRequest, GraphQLRequestListener } from '@apollo/server';
import { ApolloServerPluginSubscriptionCallback } from '@apollo/server/plugin/subscriptionCallback';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ApiContext } from '../../graphql/context';
import { ApiError, isApiErrorCode } from '../../graphql/errors/api-error';
import type { MaskError } from '../../graphql/errors/mask-error';

/** How long the router may take for an answer, ms. With the tries it is less than what a drain has left after its grace. */
const TIMEOUT_MS = 2_000;
const RETRY = { retries: 2, minTimeout: 100, maxTimeout: 500 };
/** Bounds of the interval at which a router may have itself called, ms; 0 stands for never. */
const HEARTBEAT_MS = { min: 1_000, max: 60_000 };
/** The router's own names and tokens, characters. */
const LONGEST_WORD = 1_000;

/** What a router asks for, https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/callback-protocol */
interface CallbackRequest {
  callbackUrl: string;
  subscriptionId: string;
  verifier: string;
  heartbeatIntervalMs: number;
}

/** What the plugin sends. */
interface Message {
  action: 'check' | 'next' | 'complete';
  errors?: GraphQLFormattedError[];
  payload?: { errors?: GraphQLFormattedError[] };
}

export interface CallbackOptions {
  mask: MaskError;
  /** True for an address that the gateway may be told to call. */
  mayCall: (url: string) => boolean;
}

/** True for a request that wants its answers sent to an address. */
export function asksForCallback({ extensions }: GraphQLRequest): boolean {
  return Boolean(extensions?.['subscription']);
}

/**
 * Apollo's HTTP callback protocol by Apollo's plugin. The plugin calls whatever address a request names, also for one
 * that was refused or is no subscription, and sends errors as they were thrown: so it is given only what has passed,
 * and what it sends goes through here.
 */
export function callbacks({ mask, mayCall }: CallbackOptions): ApolloServerPlugin<ApiContext> {
  const underWay = new Set<Promise<Response>>();
  const send = async (url: string, { body, ...init }: RequestInit) => {
    const message = JSON.parse(String(body)) as Message;
    const posted = post(url, { ...init, body: JSON.stringify(masked(message, mask)) }, message.action);
    underWay.add(posted);
    return posted.finally(() => underWay.delete(posted));
  };
  // Its types are those of another fetch.
  const plugin = ApolloServerPluginSubscriptionCallback({ fetcher: send as never, retry: RETRY }) as ApolloServerPlugin<ApiContext>;
  return {
    async serverWillStart(service) {
      const listener = await plugin.serverWillStart?.(service);
      const drainServer = async () => {
        await listener?.drainServer?.();
        // The plugin does not wait for the last word to those that have ended just now.
        await Promise.allSettled(underWay);
      };
      return { ...listener, drainServer };
    },
    async requestDidStart(start) {
      if (!asksForCallback(start.request)) return undefined;
      let callback: GraphQLRequestListener<ApiContext> | null = null;
      return {
        async didResolveOperation({ operation, request }) {
          if (operation && operation.operation !== 'subscription') throw refused('Only a subscription is answered by callback.');
          const wanted = readRequest(request);
          if (!mayCall(wanted.callbackUrl)) throw refused('The gateway may not call the callback URL: it must be https, at a host that the gateway was told of.');
          const subscription = { ...wanted, callbackUrl: ofItsOwn(wanted.callbackUrl) };
          const passed = { ...start, request: { ...request, extensions: { subscription } } };
          callback = (await plugin.requestDidStart?.(passed)) ?? null;
        },
        responseForOperation: async (context) => (await callback?.responseForOperation?.(context)) ?? null,
        async willSendResponse(context) {
          await callback?.willSendResponse?.(context);
          const { body } = context.response;
          // That the router did not take the first call.
          if (!callback || body.kind !== 'single' || !body.singleResult.errors) return;
          body.singleResult = { errors: [mask({ message: '' }, refused('The callback URL did not take the first call.'))] };
          context.response.http.status = 400;
        },
      };
    },
  };
}

/** The plugin keeps subscriptions by their address, and one would take the other's place: a fragment tells them apart, and is not sent. */
function ofItsOwn(callbackUrl: string): string {
  const url = new URL(callbackUrl);
  url.hash = randomUUID();
  return url.href;
}

function refused(message: string): ApiError {
  return new ApiError('BAD_REQUEST', message, undefined, 400);
}

/** @throws ApiError BAD_REQUEST. Routers of before use the other spelling. */
function readRequest({ extensions }: GraphQLRequest): CallbackRequest {
  const given = (extensions?.['subscription'] ?? {}) as Record<string, unknown>;
  const word = (...names: string[]) => {
    const value = names.map((name) => given[name]).find((one) => one !== undefined);
    if (typeof value !== 'string' || value === '' || value.length > LONGEST_WORD) throw refused(`The extension "subscription" has no usable "${names[0]}".`);
    return value;
  };
  const interval = given['heartbeatIntervalMs'] ?? given['heartbeat_interval_ms'] ?? 5_000;
  if (typeof interval !== 'number' || !(interval === 0 || (interval >= HEARTBEAT_MS.min && interval <= HEARTBEAT_MS.max))) {
    throw refused(`The "heartbeatIntervalMs" must be 0, or from ${HEARTBEAT_MS.min} to ${HEARTBEAT_MS.max}.`);
  }
  return {
    callbackUrl: word('callbackUrl', 'callback_url'),
    subscriptionId: word('subscriptionId', 'subscription_id'),
    verifier: word('verifier'),
    heartbeatIntervalMs: interval,
  };
}

/**
 * For the plugin, what the router answers; it is read no further than its status. A last word goes out as often as it
 * takes, and is answered "gone" whatever comes of it: the plugin stops calling the router by that, and would leave a
 * failure to nobody, which ends the process.
 */
async function post(url: string, init: RequestInit, action: Message['action']): Promise<Response> {
  const once = async () => {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return response;
  };
  if (action !== 'complete') return once();
  for (let left = RETRY.retries; left >= 0; left -= 1) {
    const response = await once().catch(() => null);
    if (response && response.status < 500) break;
    if (left > 0) await wait(RETRY.minTimeout);
  }
  return new Response(null, { status: 404 });
}

/** Errors of the whole and errors in the payload, as every other transport has them. */
function masked(message: Message, mask: MaskError): Message {
  const all = (errors: GraphQLFormattedError[]) => errors.map((error) => mask(error, revived(error)));
  const { errors, payload } = message;
  return {
    ...message,
    ...(errors && { errors: all(errors) }),
    ...(payload && { payload: { ...payload, ...(payload.errors && { errors: all(payload.errors) }) } }),
  };
}

/** An error as it was before it was written: by its code it is one of ours or not. */
function revived({ message, extensions }: GraphQLFormattedError): GraphQLError {
  const code = extensions?.['code'];
  return isApiErrorCode(code) ? new ApiError(code, message) : new GraphQLError(message, { extensions });
}
