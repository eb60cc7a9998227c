import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Nothing of the browser's own goes out to the internet, or is kept. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Each start has a new and empty profile. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM_PATH'], args: ARGS });
}

export type Language = 'en' | 'de';

/** The page in a window of its own, and what one does there. */
export class Visit {
  /** GraphQL requests so far: what was asked, and what for. */
  readonly requests: { operation: string; variables: Record<string, unknown> }[] = [];
  /** What the browser's console has to complain of. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('request', (request) => {
      if (new URL(request.url()).pathname !== '/graphql') return;
      const { query, variables } = request.postDataJSON() as { query: string; variables: Record<string, unknown> };
      this.requests.push({ operation: /^\w+ (\w+)/.exec(query.trim())?.[1] ?? query, variables });
    });
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async start(browser: Browser, url: string, language: Language): Promise<Visit> {
    const context = await browser.newContext({ locale: language, timezoneId: 'Europe/Berlin', viewport: { width: 720, height: 480 } });
    const visit = new Visit(await context.newPage());
    await visit.page.goto(url);
    return visit;
  }

  async choose(name: string): Promise<void> {
    await this.page.getByRole('radio', { name }).check();
  }

  /** Waits until there is this text in that place. */
  async sees(place: string, text: string | RegExp): Promise<void> {
    await this.page.locator(place, { hasText: text }).waitFor();
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  /** Closes the chosen account, in English. */
  async close(reason: string): Promise<void> {
    await this.page.getByLabel('Why do you close the account?').selectOption(reason);
    await this.page.getByRole('checkbox').check();
    await this.press('Close the account');
  }

  textsOf(place: string): Promise<string[]> {
    return this.page.locator(place).allTextContents();
  }

  /** Variables of the requests of that name. */
  asked(operation: string): Record<string, unknown>[] {
    return this.requests.filter((request) => request.operation === operation).map(({ variables }) => variables);
  }

  /** Visible texts that contrast less with their background than 4.5 : 1 (WCAG 2.2, 1.4.3). */
  faintTexts(): Promise<string[]> {
    return this.page.evaluate(findFaintTexts);
  }

  /** Writes a picture of the page where `SCREENSHOTS` names a folder. */
  async picture(name: string): Promise<void> {
    const folder = process.env['SCREENSHOTS'];
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}

/** Runs in the page. */
function findFaintTexts(): string[] {
  const parse = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = parse(color).map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element: Element | null): string => {
    if (!element) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return parse(backgroundColor)[3] === 0 ? background(element.parentElement) : backgroundColor;
  };
  const hasText = (element: Element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
  return [...document.querySelectorAll('body *')].filter((element) => hasText(element) && element.checkVisibility()).flatMap((element) => {
    const [lighter = 0, darker = 0] = [luminance(getComputedStyle(element).color), luminance(background(element))].toSorted((a, b) => b - a);
    return (lighter + 0.05) / (darker + 0.05) < 4.5 ? [element.textContent ?? ''] : [];
  });
}
