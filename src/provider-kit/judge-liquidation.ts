import type { LiquidationOutcome, Sale } from '../domain/liquidation';
import type { Evidence } from '../domain/outcome';
import { parseJson } from './error-body';
import type { ProviderAnswer } from './http';
import { type CloseTable, judgeCloseAnswer, type JudgeContext } from './judge-close';

/** One provider's answers to the request to sell, as data: read like those to a close, under one success status. */
export interface LiquidationTable extends Omit<CloseTable, 'success'> {
  successStatus: number;
  /** The sale that the body of a success tells of; undefined for what is not documented. */
  sale(value: unknown): Sale | undefined;
}

/**
 * What an answer to the request to sell means. "Out of service" leaves it open whether the sale was begun, and
 * so does a conflict: the list of sales tells, where a sale for an earlier request may be what stands in the way.
 */
export function judgeLiquidationAnswer(answer: ProviderAnswer, table: LiquidationTable, context: JudgeContext): LiquidationOutcome {
  const success = { [table.successStatus]: { kind: 'accepted' } } as const;
  const outcome = judgeCloseAnswer(answer, { ...table, success }, context);
  const { requestId, httpStatus, providerErrors } = outcome;
  const evidence: Evidence = { requestId, httpStatus, providerErrors };
  switch (outcome.kind) {
    case 'accepted': {
      const sale = answer.kind === 'answer' ? table.sale(parseJson(answer.body)?.value) : undefined;
      return sale ? { ...evidence, kind: 'accepted', sale } : { ...evidence, kind: 'unknown', detail: 'The answer was not in the documented format.' };
    }
    case 'rejected': {
      const { code, message } = outcome;
      return { ...evidence, kind: 'rejected', code, message };
    }
    case 'conflict':
      return {
        ...evidence,
        kind: 'unknown',
        detail: outcome.documented ? "The provider named a conflict with the account's state." : 'The provider refused in a way that its documentation does not have.',
      };
    case 'authFailed':
      return { ...evidence, kind: 'notApplied', code: 'PROVIDER_AUTHENTICATION_FAILED', message: 'The provider did not accept the credentials of the gateway.' };
    case 'notApplied':
    case 'unknown':
      return outcome;
    case 'unavailable':
      return { ...evidence, kind: 'unknown', detail: 'The provider is out of service.', retryAfterMs: outcome.retryAfterMs };
    default:
      throw new Error(`The table of a request to sell has no meaning ${outcome.kind}.`);
  }
}
