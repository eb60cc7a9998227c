import type { AccountPolicy } from '../ports/account-policy';
import type { Clock } from '../ports/clock';
import type { PolicyConfig } from '../config/identity-settings';
import { claimPolicy } from './claim';
import { HttpPolicy } from './http';
import { tenantPolicy } from './tenant';

/** The policy that the configuration names. */
export function createPolicy(config: PolicyConfig, clock: Clock): AccountPolicy {
  switch (config.kind) {
    case 'tenant':
      return tenantPolicy;
    case 'claim':
      return claimPolicy;
    case 'http':
      return new HttpPolicy({ ...config, token: config.token?.reveal(), clock });
  }
}
