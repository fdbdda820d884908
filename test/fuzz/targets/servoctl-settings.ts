// The file that tells servoctl where the coordinator is.
import { settingsSample, settingsTable } from '../../../coordinator/src/cli/settings.ts';
import type { Target } from '../target.ts';
import { configuration } from './configuration.ts';

export const servoctlSettings: Target = {
  name: 'servoctl-settings',
  about: 'the settings file of servoctl',
  open: () =>
    configuration({
      table: settingsTable,
      samples: [settingsSample, 'address: c.example:7443\ntimeout: 5 s\ntls: { ca: a, cert: b, key: c }\n'],
    }),
};
