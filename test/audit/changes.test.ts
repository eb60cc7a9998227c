import { auditedStore } from '../support/audited-store';
import { findsEveryChange } from './changes';

describe('the audit trail of the embedded store', () => findsEveryChange(auditedStore));
