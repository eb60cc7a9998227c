import { OWN_ACCOUNTS, type OwnAccount } from './accounts';
import { firstLanguage, keepLanguage, type Language, textsIn } from './language';
import { keptIntent, type Reason, REASONS } from './memory';
import { PageState } from './state';
import { part, render, translate } from './view';

const consent = part<HTMLInputElement>('consent');
const reason = part<HTMLSelectElement>('reason');

let language = firstLanguage();
let isConsentMissing = false;
const state = new PageState(show);

function show(): void {
  render(language, state.shown);
  consent.setAttribute('aria-invalid', String(isConsentMissing));
  part('consent-missing').textContent = isConsentMissing ? textsIn(language).page.consentMissing : '';
}

function speak(): void {
  translate(language, state.shown.chosen?.key);
  show();
}

function choose(account: OwnAccount): void {
  consent.checked = false;
  isConsentMissing = false;
  reason.value = keptIntent(account.key)?.reason ?? REASONS[0];
  void state.choose(account);
}

for (const button of part('languages').querySelectorAll('button')) {
  button.addEventListener('click', () => {
    language = button.lang as Language;
    keepLanguage(language);
    speak();
  });
}

part('accounts').addEventListener('change', ({ target }) => {
  const account = OWN_ACCOUNTS.find(({ key }) => key === (target as HTMLInputElement).value);
  if (account) choose(account);
});

part('check-again').addEventListener('click', () => void state.check());
part('again').addEventListener('click', () => void state.startAgain());

part('form').addEventListener('submit', (event) => {
  event.preventDefault();
  isConsentMissing = !consent.checked;
  show();
  if (isConsentMissing) consent.focus();
  else void state.close(reason.value as Reason);
});

speak();
if (state.shown.chosen) choose(state.shown.chosen);
