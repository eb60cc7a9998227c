import { z } from 'zod';
import { isLoopback } from '../provider-kit/settings';

/** A name, an IPv4 address or an IPv6 address in brackets, and a port where it is not the usual one. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[1-9]\d{0,4})?$/;

/** SUBSCRIPTION_CALLBACK_HOSTS: a comma list. Empty is the same as unset: none. */
export const callbackHostsSetting = z
  .string()
  .optional()
  .transform((text) => (text ? text.split(',').map((host) => host.trim().toLowerCase()) : []))
  .refine(
    (hosts) => hosts.every((host) => HOST.test(host)),
    'Must be a comma list of hosts, each a name or an address, with :port where it is not the usual one.',
  );

/**
 * Says of a URL whether the gateway may be told to call it: https (http on a loopback address), without credentials,
 * at one of the hosts. A host without a port is that host at the port that is usual for the scheme.
 */
export function callbackGate(hosts: readonly string[]): (url: string) => boolean {
  const known = new Set(hosts);
  return (text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, host, hostname, port, username, password } = new URL(text);
    const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
    const usual = protocol === 'https:' ? '443' : '80';
    return isSafe && username === '' && password === '' && (known.has(host) || (port === '' && known.has(`${host}:${usual}`)));
  };
}
