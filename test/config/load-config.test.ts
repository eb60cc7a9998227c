import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { z } from 'zod';
import { ConfigError } from '../../src/config/config-error';
import { type Config, loadAuditConfig, loadConfig } from '../../src/config/load-config';
import { defineProvider } from '../../src/provider-kit/define';

const bank = defineProvider({
  name: 'bank',
  displayName: 'The Bank',
  settings: z.object({
    BASE_URL: z.url('must be a URL'),
    SECRET: z.string().superRefine((value, context) => {
      if (!value.startsWith('good')) context.addIssue({ code: 'custom', message: `Cannot use ${value}\nhere.` });
    }),
    MODE: z.enum(['on', 'off'], { error: 'Must be on or off.' }).default('on'),
  }),
  create: () => {
    throw new Error('Reading the configuration creates no adapter.');
  },
});
const mint = defineProvider({ ...bank, name: 'mint', settings: z.object({ KEY: z.string().optional() }) });
const definitions = [bank, mint];

const valid = {
  AUTH: 'none',
  PROVIDERS: 'bank',
  BANK_BASE_URL: 'https://bank.example',
  BANK_SECRET: 'good-secret-value',
};

const load = (changes: NodeJS.ProcessEnv = {}): Config => loadConfig({ ...valid, ...changes }, definitions);

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env, definitions);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}
const problemsWith = (changes: NodeJS.ProcessEnv) => problemsOf({ ...valid, ...changes });

describe('defaults', () => {
  it('are the documented ones', () => {
    const { providers, ...core } = load();
    expect(core).toEqual({
      host: '127.0.0.1',
      port: 4000,
      dataDir: '.data',
      databaseUrl: undefined,
      closeWaitMs: 2000,
      providerTimeoutMs: 15_000,
      pollMinMs: 60_000,
      pollMaxMs: 3_600_000,
      retryMinMs: 1000,
      retryMaxMs: 900_000,
      reconcileHorizonMs: 86_400_000,
      visibilityLagMs: undefined,
      reopenGraceMs: 900_000,
      maxInFlightCloses: 512,
      maxClosesPerHourBySubject: undefined,
      maxClosesPerHourByTenant: undefined,
      maxLagMs: 1_000,
      drainGraceMs: 5_000,
      webhookRetentionMs: 2_592_000_000,
      auditKey: undefined,
      auditCheckpointMs: 60_000,
      introspection: true,
      jwt: undefined,
      policy: { kind: 'tenant' },
      routerSecrets: [],
      trustedDocuments: undefined,
      callbackHosts: [],
      allowedOrigins: [],
      logLevel: 'info',
    });
    expect(providers).toHaveLength(1);
    expect(providers[0]).toMatchObject({ id: 'bank', definition: bank, tenants: '*' });
    expect(providers[0]?.settings.reveal()).toEqual({
      BASE_URL: 'https://bank.example',
      SECRET: 'good-secret-value',
      MODE: 'on',
    });
  });
});

describe('a value that is set', () => {
  const taken: [NodeJS.ProcessEnv, Partial<Config>][] = [
    [{ HOST: '::1' }, { host: '::1' }],
    [{ HOST: '127.9.9.9' }, { host: '127.9.9.9' }],
    [{ HOST: 'localhost' }, { host: 'localhost' }],
    [{ PORT: '0' }, { port: 0 }],
    [{ DATA_DIR: '/var/lib/closures' }, { dataDir: '/var/lib/closures' }],
    [{ DATABASE_URL: '' }, {}],
    [{ CLOSE_WAIT_MS: '1' }, { closeWaitMs: 1 }],
    [{ PROVIDER_TIMEOUT_MS: '2147483647' }, { providerTimeoutMs: 2_147_483_647 }],
    [{ POLL_MIN_MS: '7', POLL_MAX_MS: '7' }, { pollMinMs: 7, pollMaxMs: 7 }],
    [{ RETRY_MIN_MS: '7', RETRY_MAX_MS: '8' }, { retryMinMs: 7, retryMaxMs: 8 }],
    [{ RECONCILE_HORIZON_MS: '7776000000' }, { reconcileHorizonMs: 7_776_000_000 }],
    [{ VISIBILITY_LAG_MS: '5' }, { visibilityLagMs: 5 }],
    [{ REOPEN_GRACE_MS: '9' }, { reopenGraceMs: 9 }],
    [{ MAX_IN_FLIGHT_CLOSES: '1' }, { maxInFlightCloses: 1 }],
    [{ MAX_LAG_MS: '60000' }, { maxLagMs: 60_000 }],
    [{ DRAIN_GRACE_MS: '0' }, { drainGraceMs: 0 }],
    [{ DRAIN_GRACE_MS: '10000' }, { drainGraceMs: 10_000 }],
    [{ WEBHOOK_RETENTION_MS: '86400000' }, { webhookRetentionMs: 86_400_000 }],
    [{ AUDIT_CHECKPOINT_MS: '8' }, { auditCheckpointMs: 8 }],
    [{ AUDIT_KEY: '' }, { auditKey: undefined }],
    [{ INTROSPECTION: 'off' }, { introspection: false }],
    [{ LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
  ];
  it.each(taken)('is taken: %j', (env, expected) => {
    expect(load(env)).toMatchObject(expected);
  });
});

describe('a value that is wrong', () => {
  const durations = [
    'CLOSE_WAIT_MS',
    'PROVIDER_TIMEOUT_MS',
    'POLL_MIN_MS',
    'POLL_MAX_MS',
    'RETRY_MIN_MS',
    'RETRY_MAX_MS',
    'RECONCILE_HORIZON_MS',
    'VISIBILITY_LAG_MS',
    'REOPEN_GRACE_MS',
    'WEBHOOK_RETENTION_MS',
    'AUDIT_CHECKPOINT_MS',
  ].flatMap((name) => ['0', '-1', '1.5', '5s', '1e3', '0x10', '', ' ', ' 5', 'NaN'].map((value): [string, string] => [name, value]));
  const others: [string, string][] = [
    ['CLOSE_WAIT_MS', '2147483648'],
    ['PROVIDER_TIMEOUT_MS', '2147483648'],
    ['POLL_MIN_MS', '3600001'],
    ['WEBHOOK_RETENTION_MS', '86399999'],
    ['RETRY_MIN_MS', '900001'],
    ['MAX_IN_FLIGHT_CLOSES', '0'],
    ['MAX_IN_FLIGHT_CLOSES', '100001'],
    ['MAX_IN_FLIGHT_CLOSES', 'many'],
    ['MAX_LAG_MS', '0'],
    ['MAX_LAG_MS', '60001'],
    ['DRAIN_GRACE_MS', '10001'],
    ['DRAIN_GRACE_MS', '-1'],
    ['DRAIN_GRACE_MS', ''],
    ['AUDIT_CHECKPOINT_MS', '2147483648'],
    ['AUDIT_KEY', 'a key'],
    ['AUDIT_KEY', 'file:/nowhere/audit.pem'],
    ['HOST', ''],
    ['HOST', 'a b'],
    ['PORT', ''],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['DATA_DIR', ' '],
    ...[
      'mysql://db.example/closures',
      'postgres://db.example',
      'postgres://db.example/',
      'postgres:closures',
      'postgres://db.example:99999/closures',
      'postgres://user:100%@db.example/closures',
      'db.example',
    ].map((url): [string, string] => ['DATABASE_URL', url]),
    ['AUTH', ''],
    ['AUTH', 'None'],
    ['INTROSPECTION', 'yes'],
    ['LOG_LEVEL', 'loud'],
    ['PROVIDERS', ''],
    ['PROVIDERS', ' , '],
    ['BANK_BASE_URL', 'bank'],
    ['BANK_BASE_URL', ''],
    ['BANK_SECRET', 'bad-secret-value'],
    ['BANK_MODE', 'maybe'],
    ['BANK_TENANTS', 'a,,b'],
    ['BANK_TENANTS', 'a,*'],
    ['BANK_SECERT', 'good'],
  ];
  it.each([...durations, ...others])('is refused by name: %s=%j', (variable, value) => {
    const problems = problemsWith({ [variable]: value });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.filter((problem) => problem.startsWith(`${variable}: `))).not.toEqual([]);
  });

  it('names both ends of a range that is upside down', () => {
    expect(problemsWith({ POLL_MIN_MS: '10', POLL_MAX_MS: '9' })).toEqual(['POLL_MIN_MS: 10 is above POLL_MAX_MS, which is 9.']);
    expect(problemsWith({ RETRY_MIN_MS: '10', RETRY_MAX_MS: '9' })).toEqual(['RETRY_MIN_MS: 10 is above RETRY_MAX_MS, which is 9.']);
  });

  it('hides no other one', () => {
    const names = problemsOf({
      HOST: 'a b',
      PORT: 'x',
      POLL_MIN_MS: '0',
      LOG_LEVEL: 'loud',
      PROVIDERS: 'bank,bank_uk=bank,Bad,moon=moon',
      BANK_UK_MODE: 'maybe',
      BANK_UK_TYPO: '1',
    }).map((problem) => problem.slice(0, problem.indexOf(':')));
    expect(names.toSorted()).toEqual(
      ['HOST', 'PORT', 'POLL_MIN_MS', 'LOG_LEVEL', 'AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTHORIZE', 'BANK_TENANTS', 'BANK_UK_TENANTS', 'PROVIDERS', 'PROVIDERS', 'BANK_BASE_URL', 'BANK_SECRET']
        .concat(['BANK_UK_BASE_URL', 'BANK_UK_SECRET', 'BANK_UK_MODE', 'BANK_UK_TYPO'])
        .toSorted(),
    );
  });

  it('is never quoted when it is a setting of a provider, and stays on one line', () => {
    const problems = problemsWith({ BANK_SECRET: 'bad-secret-value' });
    expect(problems).toEqual(['BANK_SECRET: Cannot use [value] here.']);
  });

  it('is explained in a sentence', () => {
    expect(problemsWith({ BANK_BASE_URL: 'bank' })).toEqual(['BANK_BASE_URL: Must be a URL.']);
    expect(problemsWith({ BANK_BASE_URL: '' })).toEqual(['BANK_BASE_URL: Is required by provider "bank".']);
  });
});

describe('nothing configured', () => {
  it('names what AUTH=jwt needs, and PROVIDERS, and how to go on', () => {
    const problems = problemsOf({});
    expect(problems).toEqual([
      expect.stringMatching(/^AUTH_JWKS_URL: .*AUTH=none/),
      expect.stringMatching(/^AUTH_ISSUER: .*AUTH=none/),
      expect.stringMatching(/^AUTH_AUDIENCE: .*AUTH=none/),
      expect.stringMatching(/^AUTHORIZE: .*claim.*http.*tenant/),
      expect.stringMatching(/^PROVIDERS: .*bank, mint/),
    ]);
  });
});

describe('AUTH=none', () => {
  it.each(['0.0.0.0', '::', '10.0.0.1', 'gateway.example', '128.0.0.1', '127.example'])('is refused on %s', (HOST) => {
    expect(problemsWith({ HOST })).toEqual([expect.stringMatching(/^AUTH: .*loopback/)]);
  });
});

describe('AUTH=jwt', () => {
  const jwt = {
    ...valid,
    AUTH: 'jwt',
    AUTH_JWKS_URL: 'https://issuer.example/keys',
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'closures',
    AUTHORIZE: 'claim',
    BANK_TENANTS: 'acme',
  };
  const problemsWithJwt = (changes: NodeJS.ProcessEnv) => problemsOf({ ...jwt, ...changes });

  it('reads tokens as RFC 9068 has them unless something else is said, and serves others', () => {
    const { jwt: read, policy, introspection } = loadConfig({ ...jwt, HOST: '0.0.0.0' }, definitions);
    expect(read).toEqual({
      jwksUrl: 'https://issuer.example/keys',
      issuer: 'https://issuer.example',
      audience: 'closures',
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
      tokenTypes: ['at+jwt', 'JWT'],
      claims: { tenant: 'tenant', subject: 'sub', scope: 'scope', accounts: 'accounts' },
    });
    expect({ policy, introspection }).toEqual({ policy: { kind: 'claim' }, introspection: false });
  });

  it.each(['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTHORIZE', 'BANK_TENANTS'])('needs %s', (variable) => {
    expect(problemsWithJwt({ [variable]: undefined })).toEqual([expect.stringMatching(new RegExp(`^${variable}: Is required by AUTH=jwt`))]);
    expect(problemsWithJwt({ [variable]: '' })).toHaveLength(1);
  });

  it.each([
    ['AUTH_JWKS_URL', 'http://issuer.example/keys'],
    ['AUTH_JWKS_URL', 'https://user:pass@issuer.example/keys'],
    ['AUTH_ALGORITHMS', 'HS256'],
    ['AUTH_ALGORITHMS', 'RS256,none'],
    ['AUTH_TOKEN_TYPES', 'at+jwt,'],
    ['AUTH_TENANT_CLAIM', 'my tenant'],
    ['AUTHORIZE', 'everyone'],
    ['ROUTER_SECRETS', 'too-short'],
    ['ROUTER_SECRETS', 'with-a-space in-the-middle'],
    ['ROUTER_SECRETS', 'sixteen-chars-01,sixteen-chars-02,sixteen-chars-03'],
  ])('refuses %s=%j', (variable, value) => {
    expect(problemsWithJwt({ [variable]: value })).toEqual([expect.stringMatching(new RegExp(`^${variable}: `))]);
  });

  it('takes AUTHORIZE=tenant only while each provider has exactly one tenant', () => {
    expect(problemsWithJwt({ AUTHORIZE: 'tenant' })).toEqual([]);
    for (const BANK_TENANTS of ['*', 'acme,other']) {
      expect(problemsWithJwt({ AUTHORIZE: 'tenant', BANK_TENANTS })).toEqual([expect.stringMatching(/^BANK_TENANTS: .*exactly one/)]);
    }
  });

  it('takes AUTHORIZE=http only with the address of the policy', () => {
    expect(problemsWithJwt({ AUTHORIZE: 'http' })).toEqual(['AUTHORIZE_URL: Is required by AUTHORIZE=http.']);
    const { policy } = loadConfig({ ...jwt, AUTHORIZE: 'http', AUTHORIZE_URL: 'https://policy.example/access/v1/evaluation' }, definitions);
    expect(policy).toEqual({ kind: 'http', url: 'https://policy.example/access/v1/evaluation', token: undefined, timeoutMs: 1_000, cacheMs: 5_000 });
  });

  it('shows no secret', () => {
    const config = loadConfig({ ...jwt, AUTHORIZE: 'http', AUTHORIZE_URL: 'https://p.example', AUTHORIZE_TOKEN: 'policy-canary', ROUTER_SECRETS: 'router-canary-000' }, definitions);
    expect(inspect(config, { depth: null }) + JSON.stringify(config)).not.toMatch(/canary/);
  });
});

describe('PROVIDERS', () => {
  it('gives one adapter several ids, each with its own settings and tenants', () => {
    const { providers } = load({
      PROVIDERS: ' bank , bank_uk = bank,mint',
      BANK_UK_BASE_URL: 'https://uk.example',
      BANK_UK_SECRET: 'good-too',
      BANK_UK_TENANTS: 'one, two',
      MINT_KEY: '',
    });
    expect(providers.map(({ id, definition }) => [id, definition.name])).toEqual([
      ['bank', 'bank'],
      ['bank_uk', 'bank'],
      ['mint', 'mint'],
    ]);
    expect(providers[1]?.settings.reveal()).toMatchObject({ BASE_URL: 'https://uk.example', SECRET: 'good-too' });
    expect(providers[1]?.tenants).toEqual(new Set(['one', 'two']));
    expect(providers[2]?.settings.reveal()).toEqual({});
  });

  const wrong: [string, RegExp][] = [
    ['bank,bank', /"bank" is there twice/],
    ['bank,', /"" is not id or id=adapter/],
    ['bank,Bank=bank', /"Bank=bank" is not id/],
    ['bank,1bank=bank', /is not id/],
    [`bank,${'b'.repeat(33)}=bank`, /is not id/],
    ['bank,x=bank=bank', /is not id/],
    ['bank,x=', /no adapter "" for "x"/],
    ['bank,moon', /no adapter "moon".*bank, mint/],
  ];
  it.each(wrong)('refuses %j', (PROVIDERS, sentence) => {
    expect(problemsWith({ PROVIDERS })).toEqual([expect.stringMatching(sentence)]);
  });

  it('leaves alone what only looks like a setting of a provider whose id begins another one', () => {
    const env = { PROVIDERS: 'bank,poll=mint', POLL_MIN_MS: '5', BANKING_KEY: 'x' };
    expect(problemsWith(env)).toEqual([]);
    expect(problemsWith({ ...env, POLL_KEX: 'x' })).toEqual([expect.stringMatching(/^POLL_KEX: .*"poll" reads POLL_TENANTS, POLL_KEY/)]);
  });
});

describe('settings of a provider', () => {
  it('print as [secret] however the configuration is printed', () => {
    const config = load();
    const settings = config.providers[0]?.settings;
    const prints = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), String(settings), `${settings}`];
    for (const print of prints) {
      expect(print).toContain('[secret]');
      expect(print).not.toContain('good-secret-value');
    }
  });
});

describe('AUDIT_KEY', () => {
  const pem = (type: 'ed25519' | 'rsa') => {
    const { privateKey } = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
    return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  };

  it('is taken as PEM, with line breaks as an environment has them, and prints as [secret]', () => {
    const key = pem('ed25519');
    for (const AUDIT_KEY of [key, key.replaceAll('\n', String.raw`\n`)]) {
      const config = load({ AUDIT_KEY });
      expect(config.auditKey?.reveal().export({ type: 'pkcs8', format: 'pem' })).toBe(key);
      const secret = key.split('\n')[1]!;
      for (const print of [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true })]) {
        expect(print).toContain('[secret]');
        expect(print).not.toContain(secret);
      }
    }
  });

  it('that is no Ed25519 key is refused in a sentence without it', () => {
    expect(problemsWith({ AUDIT_KEY: pem('rsa') })).toEqual(['AUDIT_KEY: Must be an Ed25519 key, and is rsa.']);
    expect(problemsWith({ AUDIT_KEY: 'top secret' })).toEqual(['AUDIT_KEY: Must be a private key in PEM, or file: and the path of one.']);
    expect(problemsWith({ AUDIT_KEY: 'file:/nowhere/audit.pem' })).toEqual(['AUDIT_KEY: Names a file that cannot be read.']);
  });

  it('is all that reading the trail needs beside the store', () => {
    expect(loadAuditConfig({})).toEqual({ dataDir: '.data', databaseUrl: undefined, auditKey: undefined });
    expect(loadAuditConfig({ DATA_DIR: '/x', PORT: 'nonsense', AUDIT_KEY: pem('ed25519') }).auditKey).toBeDefined();
    expect(() => loadAuditConfig({ AUDIT_KEY: 'x', DATA_DIR: ' ' })).toThrow(/^DATA_DIR: .*\nAUDIT_KEY: /);
    expect(loadAuditConfig({ DATABASE_URL: 'postgres://db.example/closures' }).databaseUrl?.reveal()).toBe('postgres://db.example/closures');
    expect(() => loadAuditConfig({ DATABASE_URL: 'nonsense' })).toThrow(/^DATABASE_URL: /);
  });
});

describe('the URL of a database', () => {
  const url = 'postgres://closures:very-secret-word@db.example:5433/closures?sslmode=verify-full';

  it('is taken as it is, and prints as [secret]', () => {
    const config = load({ DATABASE_URL: url });
    expect(config.databaseUrl?.reveal()).toBe(url);
    expect(load({ DATABASE_URL: 'postgresql:///closures?host=/run/postgresql' }).databaseUrl).toBeDefined();
    for (const print of [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true })]) {
      expect(print).not.toContain('very-secret-word');
    }
  });

  it('is not quoted where it is wrong', () => {
    expect(problemsWith({ DATABASE_URL: url.replace('5433', '99999') }).join()).not.toContain('very-secret-word');
  });
});
