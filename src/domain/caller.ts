/** OAuth scopes; `closures:operate` is for operations and compliance. */
export const SCOPES = ['closures:read', 'closures:write', 'closures:operate'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks. */
export interface Caller {
  tenant: string;
  subject: string;
  scopes: ReadonlySet<Scope>;
  /** Closure references of the accounts that the caller's token lists as theirs; undefined: it lists none. */
  accounts?: ReadonlySet<string>;
  /** One per request, from the caller's `x-correlation-id` or ours; it goes to logs, errors and the provider. */
  correlationId: string;
}

export function mayOperate(caller: Caller): boolean {
  return caller.scopes.has('closures:operate');
}
