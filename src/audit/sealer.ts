import type { CheckpointSigner } from '../domain/audit-checkpoint';
import type { ClosureStore } from '../ports/store';
import type { Telemetry } from '../ports/telemetry';

/** Closures in one checkpoint: what the store is kept busy with at a time. More than that make several checkpoints. */
const MOST_CLOSURES = 500;

export interface SealerParts {
  store: Pick<ClosureStore, 'sealCheckpoint'>;
  signer: CheckpointSigner;
  /** From the begin of one look to that of the next, ms. */
  everyMs: number;
  telemetry: Pick<Telemetry, 'alarm'>;
}

/** Puts what is new in the audit trail into signed checkpoints, beside the requests. */
export class Sealer {
  private timer: NodeJS.Timeout | undefined;
  private sealing: Promise<void> | null = null;

  constructor(private readonly parts: SealerParts) {}

  /** Takes up what an earlier process left, and looks again and again. */
  start(): void {
    this.timer = setInterval(() => this.seal(), this.parts.everyMs);
    this.seal();
  }

  /** Seals what is left and ends. To be called when nothing writes any more. */
  async drain(): Promise<void> {
    clearInterval(this.timer);
    await this.sealing;
    await this.sealAll();
  }

  private seal(): void {
    this.sealing ??= this.sealAll().finally(() => {
      this.sealing = null;
    });
  }

  private async sealAll(): Promise<void> {
    const { store, signer, telemetry } = this.parts;
    try {
      let listed: number;
      do listed = (await store.sealCheckpoint(MOST_CLOSURES, signer))?.closures ?? 0;
      while (listed === MOST_CLOSURES);
    } catch (error) {
      telemetry.alarm({ what: 'an audit checkpoint could not be sealed', error });
    }
  }
}
