import { defineProvider } from '../../src/provider-kit/define';
import { UpvestAdapter } from './adapter';
import { settings } from './settings';

/** Accounts and account groups at the Upvest Investment API. */
export const provider = defineProvider({
  name: 'upvest',
  displayName: 'Upvest Investment API',
  settings,
  create: (given, context) => new UpvestAdapter(given, context),
});
