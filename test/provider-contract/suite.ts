import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { answers } from './answers';
import { capabilities } from './capabilities';
import { closing } from './closing';
import type { ProviderContract } from './contract';
import { faults } from './faults';
import { identifiers } from './identifiers';
import { listing } from './listing';
import { reads } from './reads';
import { receiving } from './receiving';
import { redaction } from './redaction';
import { selling } from './selling';
import { settings } from './settings';

/**
 * What every provider's adapter must do, checked over sockets against its sandbox. Call it in a test file of the
 * provider's own and add the provider's own cases beside it; see `docs/adding-a-provider.md`.
 */
export function providerContract<Sandbox extends RunningSandbox>(name: string, contract: ProviderContract<Sandbox>): void {
  describe(`the provider contract: ${name}`, () => {
    describe('closing', () => closing(contract));
    describe('answers to the close', () => answers(contract));
    describe('faults on the way', () => faults(contract));
    describe('reads', () => reads(contract));
    const { groups, sales, webhooks } = contract;
    if (groups) describe('the accounts of a group', () => listing(contract, groups));
    if (sales) describe('the sale of positions', () => selling(contract, sales));
    if (webhooks) describe('webhooks', () => receiving(contract, webhooks));
    describe('capabilities', () => capabilities(contract));
    describe('account ids', () => identifiers(contract));
    describe('redaction', () => redaction(contract));
    describe('settings', () => settings(contract));
  });
}
