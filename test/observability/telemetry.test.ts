import { Writable } from 'node:stream';
import { createLogger } from '../../src/observability/logger';
import { createMetrics } from '../../src/observability/metrics';
import { createTelemetry } from '../../src/observability/telemetry';

const IBAN = 'DE89370400440532013000';
const ACCOUNT = '0b6f3c9e-7d51-4a43-9a54-0f9be1a3c111';
const CLOSURE = '01936d4e-1111-7abc-8def-0123456789ab';
const CORRELATION = '01936d4e-2222-7abc-8def-0123456789ab';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

function logInto(level = 'debug') {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger(level, sink);
  return { logger, text: () => lines.join(''), parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('a log line', () => {
  it('is JSON with a level word and an ISO time', () => {
    const log = logInto();
    log.logger.info({ closureId: CLOSURE }, 'closure changed');
    expect(log.parsed()).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), closureId: CLOSURE, msg: 'closure changed' },
    ]);
  });

  it('keeps whole only the ids that join lines', () => {
    const log = logInto();
    log.logger.info({ closureId: CLOSURE, correlationId: CORRELATION, requestId: CORRELATION, other: ACCOUNT }, 'x');
    const [line] = log.parsed();
    expect(line).toMatchObject({ closureId: CLOSURE, correlationId: CORRELATION, requestId: CORRELATION });
    expect(log.text()).not.toContain(ACCOUNT);
  });

  it('masks a joining id that is no UUID', () => {
    const log = logInto();
    log.logger.info({ correlationId: IBAN }, 'x');
    expect(log.text()).not.toContain(IBAN);
  });

  const leaks: [string, (log: ReturnType<typeof logInto>['logger']) => void][] = [
    ['a message', (logger) => logger.warn({}, `refused ${IBAN} ${ACCOUNT} Bearer ${JWT}`)],
    ['a field', (logger) => logger.warn({ note: `${IBAN} ${ACCOUNT} ${JWT}` }, 'x')],
    ['a nested field', (logger) => logger.warn({ deep: { list: [`${IBAN} ${ACCOUNT} ${JWT}`] } }, 'x')],
    ["an error's message and stack", (logger) => logger.error({ err: new Error(`${IBAN} ${ACCOUNT} ${JWT}`) }, 'x')],
    ["an error's cause", (logger) => logger.error({ err: new Error('x', { cause: new Error(`${IBAN} ${ACCOUNT} ${JWT}`) }) }, 'x')],
    ["an error's other properties", (logger) => logger.error({ err: Object.assign(new Error('x'), { body: `${IBAN} ${ACCOUNT} ${JWT}`, code: IBAN }) }, 'x')],
    ['variables', (logger) => logger.info({ variables: { id: 'holder-1' }, request: { body: 'holder-1', variables: 'holder-1' } }, 'x')],
    ['headers', (logger) => logger.info({ headers: { authorization: 'Basic holder-1' }, request: { headers: 'holder-1' } }, 'x')],
  ];
  it.each(leaks)('shows no account, token or personal value of %s', (_where, write) => {
    const log = logInto();
    write(log.logger);
    expect(log.parsed()).toHaveLength(1);
    for (const secret of [IBAN, ACCOUNT, JWT, 'holder-1']) expect(log.text()).not.toContain(secret);
  });

  it('keeps the name, the message, the code and the causes of an error', () => {
    const log = logInto();
    const disk = Object.assign(new Error('disk is full'), { code: 'ENOSPC' });
    log.logger.error({ err: new TypeError('no such thing', { cause: disk }) }, 'x');
    expect(log.parsed()[0]).toMatchObject({
      err: { type: 'TypeError', message: 'no such thing', stack: expect.stringMatching(/^at /), cause: { message: 'disk is full', code: 'ENOSPC' } },
    });
  });

  it('is left out below the level', () => {
    const log = logInto('warn');
    log.logger.info({}, 'quiet');
    log.logger.warn({}, 'loud');
    expect(log.parsed().map(({ msg }) => msg)).toEqual(['loud']);
  });
});

describe('telemetry', () => {
  function watched() {
    const log = logInto();
    const metrics = createMetrics();
    return { log, metrics, telemetry: createTelemetry(log.logger, metrics) };
  }
  const ids = { provider: 'bank', correlationId: CORRELATION };

  it('counts and logs a transition', async () => {
    const { log, metrics, telemetry } = watched();
    telemetry.transition({ ...ids, closureId: CLOSURE, from: null, to: 'REQUESTED', cause: 'REQUEST' });
    telemetry.transition({ ...ids, closureId: CLOSURE, from: 'REQUESTED', to: 'CLOSED', cause: 'RESPONSE' });
    const text = await metrics.text();
    expect(text).toContain('closure_transitions_total{provider="bank",from="",to="REQUESTED",cause="REQUEST"} 1');
    expect(text).toContain('closure_transitions_total{provider="bank",from="REQUESTED",to="CLOSED",cause="RESPONSE"} 1');
    expect(log.parsed()[1]).toMatchObject({ closureId: CLOSURE, correlationId: CORRELATION, from: 'REQUESTED', to: 'CLOSED' });
  });

  it('takes from a transition only what joins and counts, whoever asked for it', () => {
    const { log, telemetry } = watched();
    const event = { ...ids, closureId: CLOSURE, from: null, to: 'REQUESTED', cause: 'REQUEST', actor: 'jane', detail: 'gone' } as const;
    telemetry.transition(event);
    expect(log.text()).toContain('REQUESTED');
    expect(log.text()).not.toMatch(/jane|gone/);
  });

  it('counts and times a provider call, in seconds', async () => {
    const { log, metrics, telemetry } = watched();
    telemetry.providerCall({ ...ids, operation: 'close', outcome: 'accepted', durationMs: 1500.4, httpStatus: 202, requestId: CLOSURE });
    const text = await metrics.text();
    expect(text).toContain('closure_provider_calls_total{provider="bank",operation="close",outcome="accepted"} 1');
    expect(text).toContain('closure_provider_call_duration_seconds_sum{provider="bank",operation="close"} 1.5004');
    expect(log.parsed()[0]).toMatchObject({ durationMs: 1500, httpStatus: 202, requestId: CLOSURE, correlationId: CORRELATION });
  });

  it('logs an unknown word, shortened and masked, and never makes it a label', async () => {
    const { log, metrics, telemetry } = watched();
    telemetry.unmapped({ ...ids, what: 'status', word: `HIBERNATING ${IBAN} ${'z'.repeat(500)}` });
    const text = await metrics.text();
    expect(text).toContain('closure_unmapped_words_total{provider="bank",what="status"} 1');
    expect(text).not.toContain('HIBERNATING');
    const word = String(log.parsed()[0]?.word);
    expect(word).toMatch(/^HIBERNATING/);
    expect(word).not.toContain(IBAN);
    expect(word.length).toBeLessThan(100);
  });

  it('shows whether requests to a provider are kept back, and warns when they begin to be', async () => {
    const { log, metrics, telemetry } = watched();
    const circuit = { provider: 'bank', circuit: 'write' } as const;
    telemetry.circuit({ ...circuit, state: 'open', restMs: 1_500.4 });
    telemetry.circuit({ ...circuit, state: 'trying' });
    expect(await metrics.text()).toContain('closure_provider_circuit_open{provider="bank",circuit="write"} 1');
    telemetry.circuit({ ...circuit, state: 'closed' });
    expect(await metrics.text()).toContain('closure_provider_circuit_open{provider="bank",circuit="write"} 0');
    expect(await metrics.text()).toContain('closure_provider_circuit_openings_total{provider="bank",circuit="write"} 1');
    expect(log.parsed()).toMatchObject([{ level: 'warn', ...circuit, restMs: 1_500 }, { level: 'info', state: 'trying' }, { level: 'info', state: 'closed' }]);
  });

  it('counts a close request that was turned away, and logs whose it was', async () => {
    const { log, metrics, telemetry } = watched();
    telemetry.overloaded(ids);
    expect(await metrics.text()).toContain('closure_overloaded_total{provider="bank"} 1');
    expect(log.parsed()).toMatchObject([{ level: 'warn', correlationId: CORRELATION }]);
  });

  it('counts an alarm and logs its error without what it must not show', async () => {
    const { log, metrics, telemetry } = watched();
    telemetry.alarm({ what: 'store', closureId: CLOSURE, error: new Error(`cannot write ${IBAN}`) });
    telemetry.alarm({ what: 'store', error: `thrown text ${IBAN}` });
    expect(await metrics.text()).toContain('closure_alarms_total{what="store",provider=""} 2');
    expect(log.parsed()[0]).toMatchObject({ level: 'error', closureId: CLOSURE, err: { type: 'Error' } });
    expect(log.text()).not.toContain(IBAN);
  });

  it('shows the process beside the closures, in a registry of its own', async () => {
    const one = createMetrics();
    const other = createMetrics();
    one.alarms.inc({ what: 'x', provider: '' });
    expect(await one.text()).toContain('process_cpu_seconds_total');
    expect(await other.text()).not.toContain('what="x"');
  });
});
