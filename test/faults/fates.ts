import { fixtureAnswer } from '../../providers/emoney/sandbox/answers';
import { problemReply } from '../../providers/upvest/sandbox/problems';
import type { SandboxStep } from '../../src/provider-kit/sandbox';
import type { Chance } from './chance';
import type { FaultBench, ProviderName } from './fault-bench';

const MANY = 40;
/** What the close requests of an account meet that is no plain success. */
const FATES: readonly ((provider: ProviderName) => readonly SandboxStep[])[] = [
  () => ['reset-before'],
  () => ['reset-after'],
  () => ['hang-after'],
  () => ['applied-500'],
  () => ['truncated'],
  () => ['throttled-nonsense'],
  () => ['down-nonsense', 'reset-after'],
  (provider) => [provider === 'upvest' ? problemReply('unauthorised', 'As the test has it.') : fixtureAnswer('401-unauthorized')],
  (provider) => {
    const refusal = provider === 'upvest' ? problemReply('forbidden', 'As the test has it.') : fixtureAnswer('403-forbidden');
    return Array.from({ length: MANY }, () => refusal);
  },
];

/** Has the close requests of an account meet a fate that chance draws: the plain success as often as all the others. */
export function scriptFate(bench: FaultBench, chance: Chance, provider: ProviderName, id: string): void {
  if (chance.fraction() < 0.5) bench.sandboxes[provider].script(id, 'close', chance.one(FATES)(provider));
}
