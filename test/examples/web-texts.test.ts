import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLEnumType } from 'graphql';
import { de } from '../../examples/web/app/texts/de';
import { en } from '../../examples/web/app/texts/en';
import { blockerText, errorText } from '../../examples/web/app/texts/texts';
import { CLOSURE_ERROR_CODES, retryAdvice } from '../../src/domain/error-code';

const schema = buildSchema(readFileSync(join(__dirname, '../../schema/api.graphql'), 'utf8'));
const BLOCKERS = (schema.getType('BlockerCode') as GraphQLEnumType).getValues().map(({ name }) => name);

describe.each([{ texts: en }, { texts: de }])('in the language whose title is "$texts.page.title"', ({ texts }) => {
  it.each(CLOSURE_ERROR_CODES)('%s has words of its own', (code) => {
    expect(Object.values(texts.errorByAdvice)).not.toContain(errorText(texts, { code, retry: retryAdvice(code) }));
  });

  it('an error of a code that is new is told by what can be done', () => {
    const unknown = (['NEVER', 'AFTER_CHANGE', 'SAFE_NOW', 'READ_FIRST'] as const).map((retry) => errorText(texts, { code: 'toString', retry }));
    expect(new Set(unknown).size).toBe(4);
    expect(unknown).toEqual(expect.arrayContaining(Object.values(texts.errorByAdvice)));
  });

  it('every blocker has words, and one that is new has those for all others', () => {
    expect(BLOCKERS.filter((code) => code !== 'OTHER' && blockerText(texts, code) === texts.blocker.OTHER)).toEqual([]);
    expect(blockerText(texts, 'constructor')).toBe(texts.blocker.OTHER);
  });
});

test('the languages differ in every text', () => {
  const same = (one: object, other: object): string[] =>
    Object.entries(one).flatMap(([key, value]) => {
      const counterpart = (other as Record<string, unknown>)[key];
      return typeof value === 'object' ? same(value as object, counterpart as object) : value === counterpart ? [key] : [];
    });
  expect(same(en, de)).toEqual([]);
});
