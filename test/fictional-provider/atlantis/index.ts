import { defineProvider } from '../../../src/provider-kit/define';
import { AtlantisAdapter } from './adapter';
import { settings } from './settings';

/** The Bank of Atlantis, which does not exist. See README.md. */
export const provider = defineProvider({
  name: 'atlantis',
  displayName: 'Bank of Atlantis',
  settings,
  create: (given, context) => new AtlantisAdapter(given, context),
});
