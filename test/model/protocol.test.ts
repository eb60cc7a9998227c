import { explore } from './explore';
import { type Scenario, SCENARIOS, type Weakness, wide } from './scenarios';
import { startOf } from './world';

/** Fewer means that the model lost a part of what it looks at. */
const LEAST_STATES = 1_050_000;
/** With MODEL=wide in the environment it goes further, for minutes. */
const BOUNDS = process.env.MODEL === 'wide' ? SCENARIOS.map(wide) : SCENARIOS;

/**
 * The protocol of one closure in all interleavings: two workers that may stop anywhere, a crash between any two steps,
 * requests that arrive or do not, answers that are late or lost, reads that show the past, other people, webhooks. The decisions are the gateway's own
 * rules; the store, the bank and the order of a send are modelled after their contracts. Sales and groups are not in it.
 */
describe('the protocol keeps its promises in every state that can come about', () => {
  let states = 0;
  afterAll(() => {
    process.stdout.write(`The model of the protocol explored ${states.toLocaleString('en')} states.\n`);
  });

  it.each(BOUNDS.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    const explored = explore(scenario);
    states += explored.states;
    expect(explored.broken).toBeNull();
  }, 3_600_000);

  it('a crash is part of every kind of trouble but one', () => {
    const without = BOUNDS.filter((scenario) => startOf(scenario).left.crashes === 0).map(({ name }) => name);
    expect(without).toEqual(process.env.MODEL === 'wide' ? [] : ['refreshed']);
  });

  it('and there are many', () => {
    expect(states).toBeGreaterThan(LEAST_STATES);
  });
});

describe('the model notices when a rule is missing', () => {
  const named = (name: string): Scenario => SCENARIOS.find((scenario) => scenario.name === name)!;
  it.each<[Weakness, Scenario, RegExp]>([
    ['no fence', named('accepted, then closing'), /cannot become|request/],
    ['no mark', named('done at once'), /without its mark/],
    ['no lag', named('accepted, then closing'), /had taken effect|could still arrive|REQUESTED/],
    ['no horizon', named('accepted, then closing'), /after the horizon/],
    ['a lost answer is a refusal', named('accepted, then closing'), /REJECTED, and a request/],
    ['unlimited pause before the first byte', named('accepted, then closing'), /could still arrive/],
  ])('%s', (weak, scenario, promise) => {
    expect(explore({ ...scenario, weak }).broken?.promise).toMatch(promise);
  });
});
