import { defineProvider } from '../../src/provider-kit/define';
import { EmoneyAdapter } from './adapter';
import { settingsSchema } from './settings';

/** PagoNxt eMoney: eMoney accounts and virtual accounts. See README.md. */
export const provider = defineProvider({
  name: 'emoney',
  displayName: 'PagoNxt eMoney',
  settings: settingsSchema,
  create: (settings, context) => new EmoneyAdapter(settings, context),
});
