import { storeContract } from '../store-contract/suite';
import { openSqliteHarness } from './sqlite-harness';

storeContract('SQLite', { open: openSqliteHarness });
