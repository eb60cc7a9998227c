import { inspect } from 'node:util';

const MASK = '[secret]';

/** A value that JSON, string conversion and `util.inspect` show as `[secret]`. */
export class Secret<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  /** The value itself. Call it where it is used, and keep it nowhere else. */
  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
