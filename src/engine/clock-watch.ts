import type { EngineParts } from './driver';

/** How often the clock is looked at, ms. */
const EVERY_MS = 1_000;
/** Between two looks a clock that is slewed moves by less against the monotonic one, ms. */
const STEP_MS = 100;
/** A look that was interrupted for so long says nothing, ms. */
const INTERRUPTED_MS = 10;

/** The clock against the monotonic one: how far it is ahead, and how far that may be wrong, ms. */
interface Look {
  ahead: number;
  error: number;
}

/**
 * Notices when the clock is set that claims, deadlines and visibility lags are stored in (the database's, where several
 * processes share one): what is running becomes shorter or longer by as much.
 */
export class ClockWatch {
  private timer: NodeJS.Timeout | undefined;
  private last: Look | undefined;

  constructor(private readonly parts: Pick<EngineParts, 'clock' | 'telemetry'>) {}

  start(): void {
    this.look();
    this.timer = setInterval(() => this.look(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { clock, telemetry } = this.parts;
    const before = clock.monotonic();
    const look: Look = { ahead: clock.now() - before, error: clock.error?.() ?? 0 };
    if (clock.monotonic() - before > INTERRUPTED_MS) return;
    const last = this.last ?? look;
    this.last = look;
    const step = look.ahead - last.ahead;
    // A clock that is only known better than before was not set.
    if (Math.abs(step) < STEP_MS + last.error + look.error) return;
    telemetry.alarm({ what: 'the clock was set', error: new Error(`It went ${step > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(step))} ms.`) });
  }
}
