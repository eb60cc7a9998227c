/** Time and chance, injected so that tests can drive them. */
export interface Clock {
  /** Wall clock, epoch ms. For what is stored and shown. */
  now(): number;
  /** Monotonic clock, ms. For deadlines: it never steps. */
  monotonic(): number;
  /** How far `now` may be from the clock that it stands for, ms; absent: it is that clock. */
  error?(): number;
}

export interface Randomness {
  /** In [0, 1). */
  fraction(): number;
  /** A UUIDv7 (RFC 9562), lower case. */
  id(): string;
}
