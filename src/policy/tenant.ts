import type { AccountPolicy } from '../ports/account-policy';

/** AUTHORIZE=tenant, and AUTH=none: whoever speaks for the tenant may act on every account of its providers. */
export const tenantPolicy: AccountPolicy = {
  basis: 'tenant',
  allows: () => Promise.resolve(true),
  dispose: () => Promise.resolve(),
};
