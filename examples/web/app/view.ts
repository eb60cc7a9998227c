import { OWN_ACCOUNTS } from './accounts';
import type { Closure, Eligibility } from './api';
import { dateAndTime, type Language, money, textsIn } from './language';
import { REASONS } from './memory';
import type { Shown } from './state';
import { blockerText, errorText, type Texts } from './texts/texts';

/** A part of index.html. */
export function part<Part extends HTMLElement>(id: string): Part {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no part "${id}".`);
  return found as Part;
}

function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Leaves alone what says the same already: a screen reader says what is put in anew. */
function say(id: string, text: string): void {
  const place = part(id);
  if (place.textContent !== text) place.textContent = text;
}

/** What the page says in any state, once for each language. */
export function translate(language: Language, chosen: string | undefined): void {
  const texts = textsIn(language);
  document.documentElement.lang = language;
  document.title = texts.page.title;
  for (const place of document.querySelectorAll<HTMLElement>('[data-text]')) {
    place.textContent = texts.page[place.dataset['text'] as keyof Texts['page']];
  }
  part('languages').setAttribute('aria-label', texts.page.language);
  for (const button of part('languages').querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.lang === language));
  translateAccounts(language, chosen);
  const { value } = part<HTMLSelectElement>('reason');
  part('reason').replaceChildren(...REASONS.map((reason) => element('option', { value: reason }, texts.reason[reason])));
  part<HTMLSelectElement>('reason').value = value || REASONS[0];
}

function translateAccounts(language: Language, chosen: string | undefined): void {
  const accounts = part('accounts');
  for (const old of accounts.querySelectorAll('label')) old.remove();
  accounts.append(
    ...OWN_ACCOUNTS.map(({ key, name, number }) => {
      const radio = element('input', { type: 'radio', name: 'account', value: key });
      radio.checked = key === chosen;
      return element('label', {}, radio, element('span', {}, name[language]), element('span', { class: 'number' }, number));
    }),
  );
}

/** What the page says in this state. */
export function render(language: Language, shown: Shown): void {
  const focused = document.activeElement;
  const isChoosing = shown.chosen !== null && shown.closure === null;
  part('before').hidden = !isChoosing;
  const { eligibility } = shown;
  part('closing').hidden = !isChoosing || eligibility === null || (eligibility !== 'failed' && eligibility.eligible === false);
  part('progress').hidden = shown.closure === null;
  renderEligibility(language, shown);
  renderRequest(textsIn(language), shown);
  if (shown.closure) renderClosure(language, shown.closure);
  if (focused?.closest('[hidden]')) focusOnWhatFollows(shown);
}

/** What had the focus is gone: whoever uses the keyboard goes on where the page does. */
function focusOnWhatFollows({ closure }: Shown): void {
  if (closure) part('progress-heading').focus();
  else part('accounts').querySelector<HTMLElement>(':checked')?.focus();
}

function renderEligibility(language: Language, { isChecking, eligibility }: Shown): void {
  const texts = textsIn(language);
  const { eligible = null, error = null, blockers = [] } = eligibility === 'failed' || eligibility === null ? {} : eligibility;
  if (isChecking) say('eligibility', texts.page.checking);
  else if (eligible === null) say('eligibility', texts.page.notKnown);
  else say('eligibility', eligible ? texts.page.canBeClosed : texts.page.cannotBeClosed);
  say('eligibility-trouble', error ? errorText(texts, error) : '');
  renderBlockers(language, 'obstacles', blockers);
}

function renderBlockers(language: Language, id: string, blockers: Eligibility['blockers']): void {
  const texts = textsIn(language);
  const lines = blockers.map(({ code, resolvableBy, amount, currency }) => {
    const line = element('li', {}, blockerText(texts, code), ' ');
    if (amount && currency) line.append(element('strong', {}, money(language, amount, currency)), ' ');
    line.append(element('span', { class: 'resolver' }, texts.resolver[resolvableBy]));
    return line;
  });
  part(id).replaceChildren(...lines);
}

function renderRequest(texts: Texts, { isSending, refusal }: Shown): void {
  const refusalText = refusal === 'no answer' ? texts.page.noAnswer : refusal && errorText(texts, refusal);
  say('refusal', refusalText ?? '');
  say('send', isSending ? texts.page.sending : refusal ? texts.page.sendAgain : texts.page.send);
  // Not "disabled", which would take the focus away.
  part('send').setAttribute('aria-disabled', String(isSending));
}

function renderClosure(language: Language, closure: Closure): void {
  const texts = textsIn(language);
  const { status, terminal, error, blockers, blockersUnknown, history } = closure;
  part('progress').dataset['status'] = status;
  say('status', texts.status[status]);
  say('status-note', texts.statusNote[status]);
  say('trouble', error ? errorText(texts, error) : '');
  part('waiting').hidden = terminal || blockers.length === 0;
  renderBlockers(language, 'waiting-for', blockers);
  say('not-seen', blockersUnknown.length > 0 ? texts.page.notSeen : '');
  const steps = history.filter(({ from, to }) => from !== to);
  part('history').replaceChildren(
    ...steps.map(({ to, at }) => element('li', {}, texts.status[to], ' ', element('time', { datetime: at }, dateAndTime(language, at)))),
  );
  part('again').hidden = !terminal || !error || error.retry === 'NEVER';
}
