import type { NotNow } from '../../ports/store';
import type { SqlValue } from './database';

/** The condition that leaves alone what a worker does not want now; see {@link notNowParams}. */
export const NOT_NOW = 'id NOT IN (SELECT value FROM json_each(?)) AND provider NOT IN (SELECT value FROM json_each(?))';

/** The values of {@link NOT_NOW}, in order. */
export function notNowParams(notNow: NotNow = { closures: [], providers: [] }): SqlValue[] {
  return [JSON.stringify(notNow.closures), JSON.stringify(notNow.providers)];
}
