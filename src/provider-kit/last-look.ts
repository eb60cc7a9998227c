import { DecoratorHandler, type Dispatcher } from 'undici';

/** The request was kept back: nothing of it was written. */
export class TooLate extends Error {}

class LastLook extends DecoratorHandler {
  constructor(
    private readonly handler: Dispatcher.DispatchHandler,
    private readonly isTooLate: () => boolean,
  ) {
    super(handler);
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: object): void {
    if (this.isTooLate()) throw new TooLate();
    this.handler.onRequestStart?.(controller, context);
  }
}

/**
 * Asks once more in the turn in which the first byte is written. A request may have waited for a new connection until
 * then, and its process may have been stopped meanwhile: on waking, the connection is heard of before any timer.
 */
export function lastLook(isTooLate: () => boolean): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new LastLook(handler, isTooLate));
}
