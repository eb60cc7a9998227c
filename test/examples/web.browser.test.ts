import type { Browser, Route } from 'playwright-core';
import { type Child, startChild } from '../support/child';
import { freePorts } from '../support/free-port';
import { Client } from '../support/gateway';
import { startBrowser, Visit } from './web-page';

let example: Child;
let url: string;
let browser: Browser;
beforeAll(async () => {
  example = startChild('npm', ['run', 'example:web'], { PORT: String(await freePorts(1)) });
  [, url = ''] = await example.waitFor(/page is up at +(http:\S+)\/\nCtrl-C/);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await example.kill();
});

let visit: Visit;
afterEach(() => visit?.end());

interface Found {
  id: string;
  idempotencyKey: string;
}

/** The closures of an account, as the gateway knows them. */
async function closuresOf(account: object): Promise<Found[]> {
  const query = 'query ($filter: ClosureFilter) { closures(filter: $filter) { edges { node { id idempotencyKey } } } }';
  const { closures } = await new Client(url).graphql<{ closures: { edges: { node: Found }[] } }>(query, { filter: { account } });
  return closures.edges.map(({ node }) => node);
}

/** As another device does it. */
const closeThePlan = () => new Client(url).close({ account: { provider: 'upvest', id: 'ac000000-0000-4000-8000-000000000009' } });

test('an account is closed, and each step is seen as it happens', async () => {
  visit = await Visit.start(browser, url, 'en');
  await visit.choose('Securities account');
  await visit.sees('#eligibility', 'The account can be closed now.');
  await visit.close('I have moved to another bank');
  await visit.sees('#status', 'Being closed');
  await visit.sees('#status', /^Closed$/);
  await visit.sees('#status-note', 'The bank has confirmed');
  const steps = await visit.textsOf('#history li');
  expect(steps.map((step) => step.replace(/ \w+ \d.*$/, ''))).toEqual(['Sent', 'Being closed', 'Closed']);
  await visit.picture('web-closed');
  // One request follows the closure from beginning to end.
  expect(visit.requests.map(({ operation }) => operation)).toEqual(['Closures', 'ClosureEligibility', 'CloseAccount', 'ClosureUpdated']);
  expect(visit.asked('CloseAccount')).toMatchObject([{ input: { reason: 'ACCOUNT_SWITCHED' } }]);
  expect(await visit.faintTexts()).toEqual([]);
  // WCAG 2.2, 1.4.10: nothing runs out of a narrow screen.
  await visit.page.setViewportSize({ width: 320, height: 480 });
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  expect(visit.complaints).toEqual([]);
});

test('what stands in the way is shown before, in both languages, and there is no way to ask all the same', async () => {
  visit = await Visit.start(browser, url, 'en');
  await visit.choose('Current account');
  await visit.sees('#eligibility', 'The account cannot be closed yet:');
  expect(await visit.textsOf('#obstacles li')).toEqual(['There is money on the account. €12.50 You can settle this.']);
  expect(await visit.page.getByRole('button', { name: 'Close the account' }).count()).toBe(0);
  expect(await visit.faintTexts()).toEqual([]);
  await visit.press('Deutsch');
  const [obstacle] = await visit.textsOf('#obstacles li');
  expect(obstacle).toMatch(/^Auf dem Konto ist Geld\. 12,50\s€ Das können Sie selbst regeln\.$/);
  await visit.picture('web-blocked');
  await visit.press('Noch einmal prüfen');
  await visit.sees('#eligibility', 'Das Konto kann noch nicht geschlossen werden:');
  expect(visit.asked('ClosureEligibility')).toHaveLength(2);
  expect(visit.complaints).toEqual([]);
});

test('a refusal is told in the language of the page, and another attempt has a key of its own', async () => {
  visit = await Visit.start(browser, url, 'de');
  expect(await visit.page.title()).toBe('Konto schließen');
  await visit.press('English');
  expect(await visit.page.locator('html').getAttribute('lang')).toBe('en');
  await visit.choose('Business account');
  await visit.close('Another reason');
  await visit.sees('#status', 'Not closed');
  await visit.sees('#trouble', 'The bank does not let us close this account. Please get in touch with us.');
  expect(await visit.faintTexts()).toEqual([]);
  await visit.press('Deutsch');
  expect(await visit.page.locator('html').getAttribute('lang')).toBe('de');
  await visit.sees('#status', 'Nicht geschlossen');
  await visit.sees('#trouble', 'Die Bank lässt uns dieses Konto nicht schließen. Bitte wenden Sie sich an uns.');
  await visit.picture('web-refused');

  await visit.press('Neu beginnen');
  await visit.sees('#eligibility', 'Das Konto kann jetzt geschlossen werden.');
  expect(await visit.page.getByRole('radio', { name: 'Geschäftskonto' }).evaluate((radio) => radio === document.activeElement)).toBe(true);
  await visit.page.getByRole('checkbox').check();
  await visit.press('Konto schließen');
  await visit.sees('#status', 'Nicht geschlossen');
  const keys = visit.asked('CloseAccount').map(({ input }) => (input as Found).idempotencyKey);
  expect(new Set(keys).size).toBe(2);
  expect(visit.complaints).toEqual([]);
});

test('a reload in the middle finds the same closure, without asking for another', async () => {
  visit = await Visit.start(browser, url, 'en');
  await visit.choose('Retirement savings plan');
  await visit.close('I do not need it any more');
  await visit.sees('#status', 'Being closed');
  await visit.sees('#waiting-for', 'There are securities on the account.');
  await visit.picture('web-closing');
  const [{ input }] = visit.asked('CloseAccount') as [{ input: { account: object; idempotencyKey: string } }];
  const [watchedBefore] = visit.asked('ClosureUpdated');

  visit.requests.length = 0;
  await visit.page.reload();
  await visit.sees('#status', 'Being closed');
  await visit.sees('#waiting-for', 'There are securities on the account.');
  expect(await visit.page.getByRole('radio', { name: 'Retirement savings plan' }).isChecked()).toBe(true);
  expect(visit.requests).toEqual([
    { operation: 'Closures', variables: { filter: { idempotencyKey: input.idempotencyKey }, first: 1 } },
    { operation: 'ClosureUpdated', variables: watchedBefore },
  ]);
  expect(await closuresOf(input.account)).toEqual([{ id: watchedBefore?.['closureId'], idempotencyKey: input.idempotencyKey }]);
  expect(visit.complaints).toEqual([]);
});

test('a closing that was asked for elsewhere is followed here, too', async () => {
  await closeThePlan();
  visit = await Visit.start(browser, url, 'en');
  await visit.choose('Retirement savings plan');
  await visit.sees('#status', 'Being closed');
  await visit.sees('#waiting-for', 'There are securities on the account.');
  expect(await visit.page.getByRole('button', { name: 'Close the account' }).count()).toBe(0);

  await visit.choose('Current account');
  await visit.sees('#eligibility', 'The account cannot be closed yet:');
  expect(await visit.page.locator('#progress').isVisible()).toBe(false);
});

test('a subscription that does not come about, or is lost, is begun anew', async () => {
  await closeThePlan();
  visit = await Visit.start(browser, url, 'en');
  // A server that is gone, a proxy without one, and a stream that ends before it has said that it is complete.
  const troubles: ((route: Route) => Promise<void>)[] = [
    (route) => route.abort(),
    (route) => route.fulfill({ status: 502 }),
    (route) => route.fulfill({ status: 200, contentType: 'text/event-stream', body: ':\n\n' }),
  ];
  await visit.page.route('**/graphql', async (route) => {
    const isSubscription = route.request().postData()?.includes('subscription ClosureUpdated') ?? false;
    const trouble = isSubscription ? troubles.shift() : undefined;
    await (trouble ? trouble(route) : route.continue());
  });
  await visit.choose('Retirement savings plan');
  await visit.sees('#status', 'Being closed');
  expect(visit.asked('ClosureUpdated')).toHaveLength(4);
});

test('a request whose answer is lost is sent again with its key, and is carried out once', async () => {
  visit = await Visit.start(browser, url, 'en');
  await visit.choose('Household account');
  await visit.sees('#eligibility', 'The account can be closed now.');
  await visit.page.route('**/graphql', async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await visit.close('I have this account twice');
  await visit.sees('#refusal', 'No answer arrived.');
  await visit.press('Send again');
  await visit.sees('#status', /^Closed$/);
  const [first, second, ...more] = visit.asked('CloseAccount');
  expect(second).toEqual(first);
  expect(more).toEqual([]);
  expect(await closuresOf((first as { input: { account: object } }).input.account)).toHaveLength(1);
});

test('the keyboard is enough', async () => {
  visit = await Visit.start(browser, url, 'en');
  const { keyboard } = visit.page;
  const focused = () => visit.page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);
  const tabTo = async (name: string) => {
    await keyboard.press('Tab');
    expect(await focused()).toBe(name);
  };
  await tabTo('English');
  await tabTo('Deutsch');
  await keyboard.press('Tab');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  expect(await visit.page.getByRole('radio', { name: 'Savings account' }).isChecked()).toBe(true);
  await visit.sees('#eligibility', 'The account can be closed now.');
  await tabTo('check-again');
  await tabTo('reason');
  await keyboard.press('ArrowDown');
  await tabTo('consent');
  await tabTo('send');
  await keyboard.press('Enter');
  expect(await focused()).toBe('consent');
  expect(await visit.page.getByRole('alert').allTextContents()).toContain('Please confirm this first.');
  await keyboard.press('Space');
  await tabTo('send');
  await keyboard.press('Enter');
  await visit.sees('#status', /^Closed$/);
  expect(await focused()).toBe('progress-heading');
  expect(visit.asked('CloseAccount')).toMatchObject([{ input: { reason: 'ACCOUNT_SWITCHED' } }]);
});

test('it ends by one Ctrl-C while a page watches, without a complaint', async () => {
  await closeThePlan();
  visit = await Visit.start(browser, url, 'en');
  await visit.choose('Retirement savings plan');
  await visit.sees('#status', 'Being closed');
  example.signal('SIGINT');
  expect(await example.ended).toBe(0);
  expect(example.stderr().replaceAll(/^npm warn .*$/gm, '').trim()).toBe('');
});
