import { gzipSync } from 'node:zlib';

/**
 * The faults that every provider's sandbox can commit, as data. For development, tests and the demo only.
 *
 * Each fault has a number, and with it two account ids: a close request for `fa000000-0000-4000-8000-0000000000NN`
 * always meets the fault, one for `fa000001-…NN` meets it the first time only.
 */

/** An HTTP answer as it goes over the wire. `content-length` is set unless given. */
export interface SandboxAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** How a request is treated instead of the normal way. */
export interface Behaviour {
  /**
   * - `answer`: the answer, whole.
   * - `reset`: the connection is reset (RST) without an answer.
   * - `hang`: no answer, and the connection stays open until the client or `dispose` ends it.
   * - `truncate`: the header announces more than is sent, then the connection is closed.
   * - `drip`: the header, then one byte of the body at a time.
   */
  wire: 'answer' | 'reset' | 'hang' | 'truncate' | 'drip';
  answer?: SandboxAnswer;
  /** The request is carried out first, as if nothing were wrong; then the fault follows. */
  applied?: boolean;
}

/** What a fault may depend on. */
export interface FaultContext {
  /** An origin other than the sandbox's own. */
  otherOrigin: string;
  /** Epoch ms. */
  now: number;
}

interface FaultRow {
  number: number;
  /** One line for a table of faults. */
  title: string;
  behaviour(context: FaultContext): Behaviour;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML = '<!doctype html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>';
/** Inflates far above any sensible cap on an answer (8 MiB). */
const BOMB_SIZE = 8 * 1024 * 1024;

const answer = (status: number, headers: Record<string, string> = {}, body = ''): Behaviour => ({
  wire: 'answer',
  answer: { status, headers, body },
});
const page = (status: number): Behaviour => answer(status, { 'content-type': 'text/html; charset=utf-8' }, HTML);
const moved = (status: number, { otherOrigin }: FaultContext): Behaviour => answer(status, { location: `${otherOrigin}/moved` });

export const FAULTS = {
  'reset-before': { number: 1, title: 'connection reset, not carried out', behaviour: () => ({ wire: 'reset' }) },
  'reset-after': { number: 2, title: 'carried out, then connection reset', behaviour: () => ({ wire: 'reset', applied: true }) },
  'hang-before': { number: 3, title: 'never answered, not carried out', behaviour: () => ({ wire: 'hang' }) },
  'hang-after': { number: 4, title: 'carried out, never answered', behaviour: () => ({ wire: 'hang', applied: true }) },
  'html-200': { number: 10, title: 'HTML page with status 200', behaviour: () => page(200) },
  'html-403': { number: 11, title: 'HTML page with status 403, as from a firewall', behaviour: () => page(403) },
  'html-404': { number: 12, title: 'HTML page with status 404', behaviour: () => page(404) },
  'html-502': { number: 13, title: 'HTML page with status 502', behaviour: () => page(502) },
  'applied-500': { number: 14, title: 'carried out, then empty 500', behaviour: () => ({ ...answer(500), applied: true }) },
  truncated: {
    number: 15,
    title: 'body shorter than its content-length',
    behaviour: () => ({ wire: 'truncate', answer: { status: 200, headers: JSON_TYPE, body: '{"partial":' } }),
  },
  'invalid-json': { number: 16, title: 'JSON that ends too early', behaviour: () => answer(400, JSON_TYPE, '{"errors":[{"code":') },
  'wrong-media-type': {
    number: 17,
    title: 'JSON labelled as plain text',
    behaviour: () => answer(400, { 'content-type': 'text/plain' }, '{"errors":[]}'),
  },
  empty: { number: 18, title: 'empty body with status 400', behaviour: () => answer(400) },
  'gzip-bomb': {
    number: 19,
    title: 'small gzip body that inflates to 8 MiB',
    behaviour: () => ({
      wire: 'answer',
      answer: { status: 200, headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(BOMB_SIZE, ' ')) },
    }),
  },
  'slow-drip': {
    number: 20,
    title: 'body of one byte at a time, for minutes',
    behaviour: () => ({ wire: 'drip', answer: { status: 200, headers: JSON_TYPE, body: ' '.repeat(4096) } }),
  },
  'redirect-301': { number: 30, title: 'redirect 301 to another origin', behaviour: (context) => moved(301, context) },
  'redirect-302': { number: 31, title: 'redirect 302 to another origin', behaviour: (context) => moved(302, context) },
  'redirect-303': { number: 32, title: 'redirect 303 to another origin', behaviour: (context) => moved(303, context) },
  'redirect-307': { number: 33, title: 'redirect 307 to another origin', behaviour: (context) => moved(307, context) },
  'redirect-308': { number: 34, title: 'redirect 308 to another origin', behaviour: (context) => moved(308, context) },
  'bare-200': { number: 40, title: 'bare 200', behaviour: () => answer(200) },
  'bare-202': { number: 41, title: 'bare 202', behaviour: () => answer(202) },
  'bare-204': { number: 42, title: 'bare 204', behaviour: () => answer(204) },
  teapot: { number: 43, title: 'undocumented status 418', behaviour: () => answer(418) },
  'throttled-seconds': { number: 50, title: '429, Retry-After: 1', behaviour: () => answer(429, { 'retry-after': '1' }) },
  'throttled-date': {
    number: 51,
    title: '429, Retry-After as a date one minute ahead',
    behaviour: ({ now }) => answer(429, { 'retry-after': new Date(now + 60_000).toUTCString() }),
  },
  'throttled-nonsense': { number: 52, title: '429, Retry-After: soon', behaviour: () => answer(429, { 'retry-after': 'soon' }) },
  'down-seconds': { number: 53, title: '503, Retry-After: 1', behaviour: () => answer(503, { 'retry-after': '1' }) },
  'down-date': {
    number: 54,
    title: '503, Retry-After as a date one minute ahead',
    behaviour: ({ now }) => answer(503, { 'retry-after': new Date(now + 60_000).toUTCString() }),
  },
  'down-nonsense': { number: 55, title: '503, Retry-After: -1', behaviour: () => answer(503, { 'retry-after': '-1' }) },
} satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;

const rows: Record<FaultName, FaultRow> = FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** The account id whose close requests meet the fault: always, or the first time only. A UUID, lower case. */
export function faultId(name: FaultName, when: 'always' | 'once' = 'always'): string {
  return `${when === 'once' ? 'fa000001' : 'fa000000'}-0000-4000-8000-${String(rows[name].number).padStart(12, '0')}`;
}

/** What a fault does; see {@link FAULTS}. */
export function faultBehaviour(name: FaultName, context: FaultContext): Behaviour {
  return rows[name].behaviour(context);
}

const byId = new Map(
  FAULT_NAMES.flatMap((name): [string, { name: FaultName; once: boolean }][] => [
    [faultId(name), { name, once: false }],
    [faultId(name, 'once'), { name, once: true }],
  ]),
);

/** The fault that a close request for the account meets, if the id is one of {@link faultId}. */
export function faultOfAccount(accountId: string): { name: FaultName; once: boolean } | undefined {
  return byId.get(accountId);
}
