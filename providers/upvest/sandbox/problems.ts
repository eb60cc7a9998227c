import { randomUUID } from 'node:crypto';
import type { SandboxReply } from '../../../src/provider-kit/sandbox';

/** The provider's problems, as its error pages have them. https://docs.upvest.co/api_errors */
const PROBLEMS = {
  invalid_request: { status: 400, title: 'Invalid request' },
  missing_idempotency_key: { status: 400, title: 'Missing idempotency key' },
  missing_client_id: { status: 400, title: 'Missing client ID' },
  unauthorised: { status: 401, title: 'Unauthorised' },
  forbidden: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'Not acceptable' },
  conflict: { status: 409, title: 'Conflict' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal server error' },
  unavailable: { status: 503, title: 'Service unavailable' },
  gateway_timeout: { status: 504, title: 'Gateway timeout' },
} as const;

export type ProblemSlug = keyof typeof PROBLEMS;

/** A refusal on the way through a request's checks. */
export class Refusal extends Error {
  constructor(
    readonly slug: ProblemSlug,
    detail: string,
  ) {
    super(detail);
  }
}

/** The answer's own id goes into a field, and into a problem's body. */
export function withRequestId(reply: SandboxReply, requestId: string = randomUUID()): SandboxReply {
  return { ...reply, headers: { ...reply.headers, 'upvest-request-id': requestId } };
}

export function problemReply(slug: ProblemSlug, detail: string): SandboxReply {
  const { status, title } = PROBLEMS[slug];
  const requestId = randomUUID();
  const type = `https://docs.upvest.co/errors/${slug}`;
  const body = JSON.stringify({ type, title, status, detail, request_id: requestId });
  return withRequestId({ status, headers: { 'content-type': 'application/problem+json' }, body }, requestId);
}
