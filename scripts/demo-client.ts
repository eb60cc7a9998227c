/** The demo's way to the gateway: the public GraphQL API over HTTP, as any client would use it. */

export interface HistoryEntry {
  to: string;
  at: string;
  cause: string;
  detail: string | null;
}

export interface BlockerSeen {
  message: string;
  amount: string | null;
  currency: string | null;
  resolvableBy: string;
}

export interface ClosureSeen {
  id: string;
  status: string;
  terminal: boolean;
  history: HistoryEntry[];
  /** What keeps it from its end. */
  blockers: BlockerSeen[];
  account: { displayId: string };
  provider: { displayName: string };
  /** Those of a group's accounts. */
  children: { account: { displayId: string }; history: { to: string }[] }[];
}

export interface CloseAnswer {
  closure: ClosureSeen | null;
  error: { code: string; retry: string; message: string; blockers: BlockerSeen[] } | null;
}

const BLOCKERS = 'blockers { message amount currency resolvableBy }';
const CLOSURE_FIELDS = `id status terminal history { to at cause detail } ${BLOCKERS} account { displayId } provider { displayName } children { account { displayId } history { to } }`;

const CLOSE = `mutation Close($input: CloseAccountInput!) {
  closeAccount(input: $input) {
    closure { ${CLOSURE_FIELDS} }
    error { code retry message ${BLOCKERS} }
  }
}`;
const STATUS = `query Status($id: ID!) { closureStatus(closureId: $id) { ${CLOSURE_FIELDS} } }`;

async function ask<Data>(url: string, query: string, variables: Record<string, unknown>): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data || errors) throw new Error(`The gateway answered: ${errors?.map(({ message }) => message).join('; ') ?? response.status}`);
  return data;
}

/** Asks for a closing; expected refusals come back as data. */
export async function closeAccount(url: string, input: Record<string, unknown>): Promise<CloseAnswer> {
  return (await ask<{ closeAccount: CloseAnswer }>(url, CLOSE, { input })).closeAccount;
}

/** The closure as it is now. */
export async function closureStatus(url: string, id: string): Promise<ClosureSeen> {
  const { closureStatus: closure } = await ask<{ closureStatus: ClosureSeen | null }>(url, STATUS, { id });
  if (!closure) throw new Error(`The gateway does not know the closure ${id}.`);
  return closure;
}
