import type { ApolloServer } from '@apollo/server';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError, subscribe, type FormattedExecutionResult } from 'graphql';
import { buildSubgraph } from '../../graphql/build-schema';
import type { ApiContext, Stream } from '../../graphql/context';
import { withCorrelationId } from '../../graphql/errors/correlation';
import type { MaskError } from '../../graphql/errors/mask-error';

/** What a client asks for; its transport has seen that it is of this form. */
export interface OperationRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}

/** One answer, as it goes out. */
export type Answer = FormattedExecutionResult;
/** Tells at once that it is to return, also while a next answer is waited for. */
export type Answers = AsyncIterableIterator<Answer, void, void>;

/** Runs an operation: one answer for a query, a mutation and whatever is refused, answers for a subscription. Never rejects. */
export type RunOperation = (request: OperationRequest, context: ApiContext, stream: Stream) => Promise<Answer | Answers>;

export interface OperationParts {
  apollo: ApolloServer<ApiContext>;
  mask: MaskError;
  /** Refuses documents by throwing. */
  admit: (document: string, variables: unknown) => void;
}

/**
 * Operations of the transports that have room for more than one answer. All of them go through the server as those by
 * POST do: limits, validation, introspection, masking. A subscription is executed here once it has passed.
 */
export function createRunOperation({ apollo, mask, admit }: OperationParts): RunOperation {
  const told = (error: unknown) => maskedBy(mask, error);
  return ({ query, operationName, variables }, context, stream) => {
    return withCorrelationId(context.caller.correlationId, async () => {
      const contextValue: ApiContext = { ...context, stream };
      const request = { query, operationName: operationName ?? undefined, variables: variables ?? undefined };
      try {
        admit(query, variables);
        // Nothing of the request's extensions: they are for other transports.
        const { body } = await apollo.executeOperation(request, { contextValue });
        if (body.kind !== 'single') throw new Error('The server has more than one answer.');
        if (!stream.document) return body.singleResult;
        const { schema } = buildSubgraph();
        const results = await subscribe({ schema, document: stream.document, contextValue, operationName, variableValues: variables });
        return 'next' in results ? masked(results, told) : answerOf(results, told);
      } catch (error) {
        return { errors: [told(error)] };
      }
    });
  };
}

export function isAnswers(result: Answer | Answers): result is Answers {
  return Symbol.asyncIterator in result;
}

type Tell = (error: unknown) => GraphQLFormattedError;

function maskedBy(mask: MaskError, error: unknown): GraphQLFormattedError {
  const formatted = error instanceof GraphQLError ? error.toJSON() : { message: 'Internal error' };
  return mask(formatted, error);
}

function answerOf({ errors, ...result }: ExecutionResult, told: Tell): Answer {
  return { ...result, ...(errors && { errors: errors.map(told) }) };
}

/** No generator function, because one that waits cannot be told to return. */
function masked(results: AsyncGenerator<ExecutionResult, void, void>, told: Tell): Answers {
  return {
    async next() {
      try {
        const result = await results.next();
        return result.done ? result : { done: false, value: answerOf(result.value, told) };
      } catch (error) {
        // It has ended by that.
        return { done: false, value: { errors: [told(error)] } };
      }
    },
    return: () => results.return(),
    throw: (error) => results.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
