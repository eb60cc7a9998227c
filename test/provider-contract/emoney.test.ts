import { randomInt, randomUUID } from 'node:crypto';
import { composeIBAN } from 'ibantools';
import { provider } from '../../providers/emoney';
import { errorRows } from '../../providers/emoney/errors';
import { startSandbox } from '../../providers/emoney/sandbox';
import { fixtureAnswer, FIXTURES } from '../../providers/emoney/sandbox/answers';
import { jsonAnswer } from '../../src/provider-kit/sandbox';
import type { ContractAccount } from './contract';
import { providerContract } from './suite';

const OUTCOMES: Record<string, string> = {
  '204': 'closed',
  '400-invalid-schema': 'rejected PROVIDER_REJECTED_REQUEST',
  '401-unauthorized': 'authFailed',
  '403-forbidden': 'rejected PROVIDER_PERMISSION_DENIED',
  '403-invalid-auth-token': 'authFailed',
  '403-legal-entity-not-enabled': 'rejected PROVIDER_PERMISSION_DENIED',
  '403-operation-not-allowed': 'rejected PROVIDER_PERMISSION_DENIED',
  '404-account-not-found': 'rejected ACCOUNT_NOT_FOUND',
  '404-not-found': 'rejected PROVIDER_REJECTED_REQUEST',
  '404-real-account-virtual-structure-not-exist': 'rejected ACCOUNT_NOT_FOUND',
  '405-method-not-allowed': 'rejected PROVIDER_REJECTED_REQUEST',
  '406-not-acceptable': 'rejected PROVIDER_REJECTED_REQUEST',
  '409-conflict': 'conflict documented',
  '413-payload-too-large': 'rejected PROVIDER_REJECTED_REQUEST',
  '414-request-uri-too-long': 'rejected PROVIDER_REJECTED_REQUEST',
  '415-unsupported-media-type': 'rejected PROVIDER_REJECTED_REQUEST',
  '422-account-already-closed': 'alreadyClosed',
  '429-too-many-requests': 'notApplied PROVIDER_RATE_LIMITED',
  '500-internal-server-error': 'unknown',
  '503-service-error': 'unavailable',
  '504-gateway-timeout': 'unknown',
  'default-internal-server-error': 'unknown',
};

const bban = (): string => String(randomInt(1e9, 1e10)).padStart(20, '9');
const names: Omit<ContractAccount, 'kind'>[] = [
  { idType: 'UUID', fresh: () => ({ id: randomUUID().toUpperCase() }), malformed: ['7f1d3f4e5a2f4a6d9e190b8a4c2d1e33'] },
  {
    idType: 'IBAN',
    fresh: () => ({ id: (composeIBAN({ countryCode: 'ES', bban: bban() }) ?? '').replace(/(.{4})/g, '$1 ').trim().toLowerCase() }),
    malformed: ['ES0099999999530000000096', 'ES82999999995300000000960', 'XX8299999999530000000096'],
  },
  { idType: 'BBAN', fresh: () => ({ id: bban(), country: 'ES' }), malformed: ['9999999953000000009', '9999999953000000009A'] },
];

providerContract('emoney', {
  definition: provider,
  startSandbox: () => startSandbox(),
  tokens: { revoke: (sandbox) => sandbox.revokeTokens(), issued: (sandbox) => sandbox.credentials() },
  accounts: (['ACCOUNT', 'VIRTUAL_ACCOUNT'] as const).flatMap((kind) => names.map((name) => ({ kind, ...name }))),
  nameAtSandbox: ({ id, country }) => (country ? `${country}:${id}` : id),
  fixtures: FIXTURES.map(({ name }) => ({ name, answer: fixtureAnswer(name), outcome: OUTCOMES[name] ?? 'no outcome is written down' })),
  errorRows,
  errorAnswer: (status, code, text) => jsonAnswer(status, { errors: [{ code, message: text, level: text, description: text }] }),
  bareSuccess: { 204: 'closed' },
  reads: { Open: 'OPEN', ACTIVE: 'OPEN', Closed: 'CLOSED', CLOSED: 'CLOSED' },
  readAnswer: ({ id, idType, country }, status) =>
    jsonAnswer(200, { accountDetails: { status, accountIdentifiersList: [{ accountIdType: idType.toLowerCase(), accountId: id, country }] } }),
  settings: {
    required: ['BASE_URL', 'TOKEN_URL', 'CLIENT_ID', 'PRIVATE_KEY', 'KEY_ID'],
    wrong: {
      BASE_URL: ['http://bank.example', 'https://user:password@bank.example', 'not-a-url'],
      TOKEN_URL: ['http://bank.example', 'not-a-url'],
      CLIENT_ID: ['not-a-uuid'],
      PRIVATE_KEY: ['not-a-key', 'file:/no/such/file'],
      KEY_ID: ['two words'],
      ISSUER: ['two words'],
      AUDIENCE: ['two words'],
      GRANT: ['password-grant'],
      CLOSE_SCOPE: ['two  spaces'],
      READ_SCOPE: ['"quoted"'],
      DEVICE: ['device-1'],
      IBAN_CHECKSUM: ['lenient'],
      READS: ['sometimes'],
      OPEN_WORDS: ['open,,active'],
      CLOSED_WORDS: ['closed,,gone', 'closed,active'],
      CLIENT_ID_HEADER: ['not a header'],
      REQUESTS_PER_SECOND: ['0', 'a lot of them'],
    },
    secret: ['PRIVATE_KEY'],
  },
});
