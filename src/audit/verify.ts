import { type Checkpoint, checkpointRoot, NO_ROOT } from '../domain/audit-checkpoint';
import type { AuditedClosure, AuditTrail } from '../ports/audit';
import { type PublicKeys, signatureProblem } from './keys';
import { problemsOf } from './verify-closure';

/** Closures, or checkpoints, in memory at once. */
const PAGE = 200;

export interface VerifyOptions {
  /** Whose signatures count. None: no signature is checked. */
  keys: PublicKeys;
  /** A checkpoint that was kept somewhere else. */
  kept?: Checkpoint;
  /** Takes each thing that is wrong, where it is first. */
  tell(problem: string): void;
}

/** What was looked at. */
export interface VerifySummary {
  problems: number;
  closures: number;
  entries: number;
  checkpoints: number;
  newest: Checkpoint | null;
  /** Entries newer than the last checkpoint. */
  unsealed: number;
  /** When the oldest of them was written, epoch ms. */
  unsealedSince: number | null;
}

/** Walks the whole trail. Gateways may go on writing meanwhile. */
export async function verifyTrail(trail: AuditTrail, options: VerifyOptions): Promise<VerifySummary> {
  return new Verification(trail, options).run();
}

class Verification {
  private readonly summary: VerifySummary = {
    problems: 0,
    closures: 0,
    entries: 0,
    checkpoints: 0,
    newest: null,
    unsealed: 0,
    unsealedSince: null,
  };
  /** The highest checkpoint that some closure's seal names. */
  private highestSeal = 0;

  constructor(
    private readonly trail: AuditTrail,
    private readonly options: VerifyOptions,
  ) {}

  /** Closures first: a checkpoint that is made meanwhile is then among those walked. */
  async run(): Promise<VerifySummary> {
    for (let after = ''; ; ) {
      const page = await this.trail.closures(after, PAGE);
      for (const closure of page) this.lookAtClosure(closure);
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
    await this.lookAtCheckpoints();
    return this.summary;
  }

  private tell(problem: string): void {
    this.summary.problems += 1;
    this.options.tell(problem);
  }

  private lookAtClosure(closure: AuditedClosure): void {
    const { summary } = this;
    for (const problem of problemsOf(closure)) this.tell(`closure ${closure.id}: ${problem}`);
    const sealed = closure.seals.at(-1)?.count ?? 0;
    const unsealed = closure.entries.filter(({ seq }) => seq > sealed);
    summary.closures += 1;
    summary.entries += closure.entries.length;
    summary.unsealed += unsealed.length;
    for (const { at } of unsealed) summary.unsealedSince = Math.min(summary.unsealedSince ?? at, at);
    for (const { checkpoint } of closure.seals) this.highestSeal = Math.max(this.highestSeal, checkpoint);
  }

  private async lookAtCheckpoints(): Promise<void> {
    const { kept, keys } = this.options;
    for (;;) {
      const page = await this.trail.checkpoints(this.summary.newest?.number ?? 0, PAGE);
      for (const checkpoint of page) await this.lookAtCheckpoint(checkpoint);
      if (page.length < PAGE) break;
    }
    const newest = this.summary.newest?.number ?? 0;
    if (this.highestSeal > newest) this.tell(`checkpoint ${this.highestSeal}: is gone, and what it sealed is left`);
    if (kept && kept.number > newest) this.tell(`checkpoint ${kept.number}: is gone; the one that was kept is all that is left of it`);
    const forged = kept && keys.size > 0 && signatureProblem(keys, kept);
    if (forged) this.tell(`the checkpoint that was kept: ${forged}`);
  }

  private async lookAtCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { number, root } = checkpoint;
    const { kept, keys } = this.options;
    const before = this.summary.newest;
    const tell = (problem: string) => this.tell(`checkpoint ${number}: ${problem}`);
    if (number !== (before?.number ?? 0) + 1) tell('the one before it is missing');
    if (checkpointRoot(before?.root ?? NO_ROOT, checkpoint, await this.trail.seals(number)) !== root) {
      tell('it, what it lists, or the one before it was changed');
    }
    const forged = keys.size > 0 && signatureProblem(keys, checkpoint);
    if (forged) tell(forged);
    if (kept?.number === number && (kept.root !== root || kept.sealedAt !== checkpoint.sealedAt)) tell('is not the one that was kept');
    this.summary.checkpoints += 1;
    this.summary.newest = checkpoint;
  }
}
