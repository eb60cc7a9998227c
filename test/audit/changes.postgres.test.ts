import { auditedDatabase } from '../support/audited-store';
import { findsEveryChange } from './changes';

describe('the audit trail of a PostgreSQL database', () => findsEveryChange(auditedDatabase));
