import { de } from './texts/de';
import { en } from './texts/en';

const ALL_TEXTS = { en, de };
export type Language = keyof typeof ALL_TEXTS;

function isLanguage(value: string | null | undefined): value is Language {
  return value === 'en' || value === 'de';
}

/** What was chosen here before; otherwise the browser's first language that the page has. */
export function firstLanguage(): Language {
  const kept = localStorage.getItem('language');
  return isLanguage(kept) ? kept : (navigator.languages.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en');
}

export function keepLanguage(language: Language): void {
  localStorage.setItem('language', language);
}

export const textsIn = (language: Language) => ALL_TEXTS[language];

/** @param amount a decimal number such as "12.50", never a float on its way here */
export function money(language: Language, amount: string, currency: string): string {
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount as Intl.StringNumericLiteral);
}

/** @param at RFC 3339 */
export function dateAndTime(language: Language, at: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));
}
