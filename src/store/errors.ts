/** What can keep a store from opening, and what its callers may not ask of it. */

/** Another process has the store. The message says which, where and since when. */
export class StoreLocked extends Error {
  constructor(
    readonly dataDir: string,
    /** Who has it, in words. */
    readonly holder: string,
  ) {
    super(`The data folder ${dataDir} is in use by ${holder}. A data folder belongs to one gateway process.`);
    this.name = 'StoreLocked';
  }
}

/** The store's folder or files cannot be made or written. */
export class StoreUnwritable extends Error {
  constructor(dataDir: string, cause: unknown) {
    super(`The data folder ${dataDir} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'StoreUnwritable';
  }
}

/** The folder's closures were copied to a database: two gateways that work on them would ask the providers twice. */
export class StoreMoved extends Error {
  constructor(dataDir: string, note: string) {
    super(
      `The closures of the data folder ${dataDir} were copied to PostgreSQL, and are worked on there. ` +
        `Only if that copy was dropped, remove ${note}.`,
    );
    this.name = 'StoreMoved';
  }
}

/** The database server cannot be reached, or takes no writes from this gateway. No password is in the message. */
export class StoreUnreachable extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`The database cannot be used: ${reason}.`, { cause });
    this.name = 'StoreUnreachable';
  }

  static because(cause: unknown): StoreUnreachable {
    const { message, code } = cause as Partial<NodeJS.ErrnoException>;
    // A name with several addresses, none of which answers, gives an error without a message.
    return new StoreUnreachable(message || code || String(cause), cause);
  }
}

/** The database does not keep a setting without which an acknowledged write could be lost with the power. */
export class StoreNotDurable extends Error {
  constructor(setting: string, wanted: string, found: string) {
    super(`The store would not be durable: ${setting} must be ${wanted}, and the database says ${found}.`);
    this.name = 'StoreNotDurable';
  }
}

/** The database was written by a newer gateway; this one does not know its tables. */
export class StoreTooNew extends Error {
  constructor(found: number, known: number) {
    super(`The store has schema version ${found}, and this gateway knows versions up to ${known}. Start the newer gateway again.`);
    this.name = 'StoreTooNew';
  }
}

/** There is nothing to back up, nowhere to put it, or the copy is not what it should be. The message says which. */
export class BackupRefused extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'BackupRefused';
  }
}

/** The database was written by an older gateway and not opened by this one since. */
export class StoreTooOld extends Error {
  constructor(found: number, known: number) {
    super(`The store has schema version ${found}, and this version reads ${known}. Start the gateway once to bring it up to date.`);
    this.name = 'StoreTooOld';
  }
}

/** There is no store where one should be read. */
export class StoreMissing extends Error {
  /** @param place the beginning of a sentence */
  constructor(place: string) {
    super(`${place} holds no store.`);
    this.name = 'StoreMissing';
  }
}

/** A write after `dispose`. */
export class StoreClosed extends Error {
  constructor() {
    super('The store is closed.');
    this.name = 'StoreClosed';
  }
}

/** A write that the state machine or the attempt log forbids: always a bug of the caller. Nothing was written. */
export class IllegalWrite extends Error {
  constructor(closureId: string, what: string) {
    super(`Bug: an illegal write to closure ${closureId}: ${what}.`);
    this.name = 'IllegalWrite';
  }
}
