import { StoreMissing, StoreNotDurable, StoreTooNew, StoreTooOld, StoreUnreachable } from '../errors';
import type { Driver } from './driver';

/** They say themselves what is wrong; a TypeError is a bug. */
const SAID: readonly (abstract new (...args: never[]) => Error)[] = [StoreNotDurable, StoreTooNew, StoreTooOld, StoreMissing, StoreUnreachable, TypeError];

/**
 * Opens something on a driver that is nobody else's, and closes the driver where that fails.
 * @throws StoreUnreachable for what the database or the network says
 */
export async function openedOr<T>(driver: Driver, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await driver.close();
    throw SAID.some((kind) => error instanceof kind) ? error : StoreUnreachable.because(error);
  }
}
