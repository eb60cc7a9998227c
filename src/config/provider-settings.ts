import type { z } from 'zod';
import type { ProviderDefinition } from '../provider-kit/define';
import type { ConfigProblem } from './config-error';
import { Secret } from './secret';

/** One entry of PROVIDERS with everything read under its prefix. */
export interface ProviderConfig {
  /** For example "bank_uk". */
  id: string;
  definition: ProviderDefinition;
  /** What the adapter's own schema made of the environment. */
  settings: Secret<z.output<ProviderDefinition['settings']>>;
  /** Tenants that may use it. */
  tenants: '*' | ReadonlySet<string>;
}

interface Named {
  id: string;
  definition: ProviderDefinition;
}

const ID = /^[a-z][a-z0-9_]{0,31}$/;
/** Shorter values are words like "on", which a sentence may well contain by chance. */
const SHORTEST_SECRET = 6;

interface Around {
  /** Variables that are not a provider's, whatever they begin with. */
  coreNames: readonly string[];
  /** Whether each provider must say whose it is. */
  tenantsRequired: boolean;
}

/** Reads PROVIDERS and, under each id's prefix, the settings of its adapter. */
export function readProviders(
  env: NodeJS.ProcessEnv,
  definitions: readonly ProviderDefinition[],
  { coreNames, tenantsRequired }: Around,
): { providers: ProviderConfig[]; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const named = readList(env.PROVIDERS, definitions, problems);
  const providers = named.flatMap((entry) => {
    const provider = readOne(env, entry, tenantsRequired, problems);
    return provider ? [provider] : [];
  });
  problems.push(...strayVariables(env, named, coreNames));
  return { providers, problems };
}

function readList(list: string | undefined, definitions: readonly ProviderDefinition[], problems: ConfigProblem[]): Named[] {
  const known = definitions.map((definition) => definition.name).join(', ');
  const complain = (sentence: string) => problems.push({ variable: 'PROVIDERS', sentence });
  if (!list?.trim()) {
    complain(`Names no provider. Give a comma list of id or id=adapter; adapters: ${known}.`);
    return [];
  }
  const named = new Map<string, Named>();
  for (const entry of list.split(',')) {
    const [id = '', adapter = id, ...rest] = entry.split('=').map((part) => part.trim());
    if (!ID.test(id) || rest.length > 0) {
      complain(`${JSON.stringify(entry.trim())} is not id or id=adapter; an id is a-z, then up to 31 of a-z, 0-9 and _.`);
      continue;
    }
    const definition = definitions.find((candidate) => candidate.name === adapter);
    if (!definition) complain(`There is no adapter ${JSON.stringify(adapter)} for "${id}"; adapters: ${known}.`);
    else if (named.has(id)) complain(`"${id}" is there twice.`);
    else named.set(id, { id, definition });
  }
  return [...named.values()];
}

function prefixOf(id: string): string {
  return `${id.toUpperCase()}_`;
}

function variablesOf({ id, definition }: Named): string[] {
  return ['TENANTS', ...Object.keys(definition.settings.shape)].map((key) => prefixOf(id) + key);
}

function readOne(env: NodeJS.ProcessEnv, { id, definition }: Named, tenantsRequired: boolean, problems: ConfigProblem[]): ProviderConfig | undefined {
  const prefix = prefixOf(id);
  const keys = Object.keys(definition.settings.shape);
  // A compose file passes on what nobody set as an empty text.
  const raw = Object.fromEntries(keys.map((key) => [key, env[prefix + key] || undefined]));
  const tenants = readTenants(env[`${prefix}TENANTS`]);
  if (!tenants) problems.push({ variable: `${prefix}TENANTS`, sentence: 'Must be a comma list of tenants, or * alone.' });
  if (tenantsRequired && !env[`${prefix}TENANTS`]) {
    problems.push({ variable: `${prefix}TENANTS`, sentence: 'Is required by AUTH=jwt: the tenants that may use the provider, or * for all.' });
  }
  const read = definition.settings.safeParse(raw);
  if (!read.success) {
    for (const issue of read.error.issues) {
      const key = String(issue.path[0] ?? '*');
      const missing = issue.code === 'invalid_type' && raw[key] === undefined;
      const sentence = missing ? `Is required by provider "${id}".` : asSentence(withoutValues(issue.message, Object.values(raw)));
      problems.push({ variable: prefix + key, sentence });
    }
  }
  return read.success && tenants ? { id, definition, settings: new Secret(read.data), tenants } : undefined;
}

/** Unset: everyone. Undefined: not a list of tenants. */
function readTenants(list: string | undefined): '*' | ReadonlySet<string> | undefined {
  if (!list || list.trim() === '*') return '*';
  const tenants = list.split(',').map((tenant) => tenant.trim());
  return tenants.some((tenant) => tenant === '' || tenant === '*') ? undefined : new Set(tenants);
}

/** Schemas say "must be a URL". */
function asSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A schema's message may quote what it was given, and that may be a key. */
function withoutValues(message: string, values: readonly (string | undefined)[]): string {
  let text = message;
  for (const value of values) if (value && value.length >= SHORTEST_SECRET) text = text.replaceAll(value, '[value]');
  return text.replaceAll(/\s+/g, ' ');
}

/** Under a provider's prefix, what nothing reads is a slip of the pen that would leave a default in force. */
function strayVariables(env: NodeJS.ProcessEnv, named: readonly Named[], coreNames: readonly string[]): ConfigProblem[] {
  const read = new Set([...coreNames, ...named.flatMap(variablesOf)]);
  return Object.keys(env)
    .filter((variable) => !read.has(variable))
    .flatMap((variable) => {
      const owners = named.filter(({ id }) => variable.startsWith(prefixOf(id)));
      const owner = owners.toSorted((one, other) => other.id.length - one.id.length)[0];
      if (!owner) return [];
      const sentence = `No setting has this name: a slip? Provider "${owner.id}" reads ${variablesOf(owner).join(', ')}.`;
      return [{ variable, sentence }];
    });
}
