import {
  getNamedType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputObjectType,
} from 'graphql';
import { MAGIC_ACCOUNTS as EMONEY } from '../../providers/emoney/sandbox/magic-accounts';
import { MAGIC_ACCOUNTS as UPVEST } from '../../providers/upvest/sandbox/magic';
import type { Chance } from '../faults/chance';
import type { Kept, Memory } from './fuzz-memory';

export const ODD_TEXTS = ['', ' ', '\0', '\u202e', '\ud800', '💥', '"', '\\', '../../etc/passwd', '%00', "' OR 1=1 --", '{{7*7}}', '__proto__', 'constructor', 'x'.repeat(5_000)];
export const ODD_NUMBERS = [0, -1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e308, 101];
const TIMES = ['2026-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999+14:00', '0001-01-01T00:00:00Z', '2024-02-29T12:00:00-11:30'];
const NO_TIMES = ['yesterday', '2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T25:00:00Z', '+275760-09-13T00:00:00.001Z', 1767225600];
const ODD_HOLDERS: readonly unknown[] = [
  [],
  {},
  [[null]],
  [ODD_TEXTS],
  { ['__proto__']: { isAdmin: true } },
  { constructor: { prototype: 1 } },
  Array.from({ length: 600 }, () => 'x'),
];
const TYPENAMES = ['Closure', 'Account', 'closure', 'ClosureAccount', 'Query', '__proto__', ''];

export type Json = Record<string, unknown>;
export interface FuzzedAccount extends Json {
  provider: string;
  id: string;
}

/** Accounts that the sandboxes have something to tell of, and some that are simply open. */
export const ACCOUNTS: readonly FuzzedAccount[] = [
  ...UPVEST.flatMap(({ id }) => [{ provider: 'upvest', id }, { provider: 'upvest', id, kind: 'ACCOUNT_GROUP' }]),
  ...Object.values(EMONEY).map(({ preset }) => ({ provider: 'emoney', id: preset.uuid })),
  { provider: 'emoney', id: 'ES8299999999530000000096', idType: 'IBAN' },
  { provider: 'emoney', id: '99999999530000000096', idType: 'BBAN', country: 'ES' },
  { provider: 'emoney', id: EMONEY.virtualTwo.preset.uuid, kind: 'VIRTUAL_ACCOUNT' },
  // Of these the close request meets a fault of the wire, always or once.
  ...[1, 2, 10, 13, 14, 15, 16].flatMap((number) =>
    ['upvest', 'emoney'].map((provider) => ({ provider, id: `fa00000${number % 2}-0000-4000-8000-${String(number).padStart(12, '0')}` })),
  ),
];

/** Values for the types of the schema: such as fit, and, in a request that bends, such as nearly do. */
export class Values {
  /** The share of values that need not fit. */
  bend = 0;

  constructor(
    private readonly chance: Chance,
    private readonly memory: Memory,
    private readonly accounts: readonly FuzzedAccount[],
  ) {}

  /** @param name of the argument or of the field: by it one text is told from another */
  of(type: GraphQLInputType, name: string): unknown {
    if (this.#has(this.bend)) return this.bent();
    if (isNonNullType(type)) return this.of(type.ofType, name);
    // A single value is as good as a list of it.
    if (isListType(type) && this.#has(0.15)) return this.of(type.ofType, name);
    if (isListType(type)) return Array.from({ length: 1 + this.chance.below(4) }, () => this.of(type.ofType, name));
    if (isInputObjectType(type)) return this.#object(type);
    if (isEnumType(type)) return this.#word(name, type.getValues().map((value) => value.name));
    return this.#scalar(getNamedType(type).name, name);
  }

  bent(): unknown {
    return this.chance.one<unknown>([null, null, true, ...ODD_TEXTS, ...ODD_NUMBERS, ...NO_TIMES, 'NO_SUCH_WORD', ...ODD_HOLDERS]);
  }

  #object(type: GraphQLInputObjectType): Json {
    const isAccount = type.name === 'AccountInput';
    const account: Json = isAccount ? this.#account() : {};
    const fields = Object.values(type.getFields()).filter((field) => !isAccount && (isRequiredInputField(field) || this.#has(0.3)));
    const object = { ...account, ...Object.fromEntries(fields.map((field) => [field.name, this.of(field.type, field.name)])) };
    if (!this.#has(this.bend)) return object;
    const name = this.chance.one([...Object.keys(object), 'unknownField', '__proto__']);
    return Object.fromEntries([...Object.entries(object), [name, this.bent()]]);
  }

  #account(): FuzzedAccount {
    if (this.#has(0.4)) return this.chance.one(this.accounts);
    const account: FuzzedAccount = { provider: this.chance.one(['upvest', 'emoney']), id: this.#uuid() };
    if (this.#has(0.2)) account['idType'] = this.chance.one(['UUID', 'PROVIDER_ID', 'IBAN', 'BBAN']);
    if (this.#has(0.1)) account['kind'] = this.chance.one(['ACCOUNT', 'ACCOUNT_GROUP', 'VIRTUAL_ACCOUNT']);
    if (this.#has(0.1)) account.id = this.chance.one(ODD_TEXTS);
    if (this.#has(0.05)) account.provider = this.chance.one(['other', ...ODD_TEXTS]);
    return account;
  }

  /** Mostly what does something: most reasons are refused by one provider or the other. */
  #word(name: string, words: readonly string[]): string {
    if (name === 'reason' && this.#has(0.6)) return 'CUSTOMER_REQUEST';
    if (name === 'initiator' && this.#has(0.6)) return 'HOLDER';
    return this.chance.one(words);
  }

  #scalar(type: string, name: string): unknown {
    switch (type) {
      case 'Boolean':
        return this.#has(0.5);
      case 'DateTime':
        return this.chance.one(TIMES);
      case 'Int':
        return name === 'expectedVersion' ? (this.memory.some('version') ?? 1) : 1 + this.chance.below(20);
      case '_Any':
        return this.#representation();
      default:
        return this.#has(0.08) ? this.chance.one(ODD_TEXTS) : this.#text(name);
    }
  }

  #text(name: string): unknown {
    switch (name) {
      case 'closureId':
      case 'id':
        return this.#known('id', this.#uuid());
      case 'after':
        return this.#known('cursor', '');
      case 'idempotencyKey':
        return this.#has(0.75) ? `fuzz-${this.#uuid()}` : this.#known('idempotencyKey', 'fuzz-key-000000000001');
      case 'provider':
        return this.chance.one(['upvest', 'emoney', 'other']);
      case 'closureRef':
        return this.#known('closureRef', `upvest:ACCOUNT:UUID:${this.#uuid()}`);
      default:
        return this.chance.one(['A note.', 'Second line\nof a note', ...ODD_TEXTS]);
    }
  }

  #representation(): unknown {
    const [typename, key] = this.chance.one([['Closure', 'id'], ['Account', 'closureRef']] as const);
    const whole: Json = { __typename: typename, [key]: this.#text(key) };
    if (!this.#has(0.15)) return whole;
    return this.chance.one<unknown>([
      { ...whole, __typename: this.chance.one(TYPENAMES) },
      { __typename: typename },
      { ...whole, [key]: this.bent() },
      { ...whole, extra: this.bent() },
      Object.fromEntries([...Object.entries(whole), ['__proto__', whole]]),
      [whole],
      this.bent(),
    ]);
  }

  /** The other one too, and until there is one that is known. */
  #known(kind: Kept, other: string): unknown {
    return this.#has(0.85) ? (this.memory.some(kind) ?? other) : other;
  }

  /** Of version 4, which no closure's id is. */
  #uuid(): string {
    return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => this.chance.below(16).toString(16));
  }

  #has(share: number): boolean {
    return this.chance.fraction() < share;
  }
}
