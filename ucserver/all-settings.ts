import { chatSettings } from './chat/index.ts';
import { classOfServiceSetting, dialPlanSetting, premiumCallsSetting } from './dial-plan/index.ts';
import { fileSettings } from './files/index.ts';
import { journalDaysSetting } from './journal/index.ts';
import { companyDefaultSetting } from './permissions/index.ts';
import { directoryCountrySetting } from './phone-book/index.ts';
import { auditDaysSetting } from './privacy/index.ts';
import type { SettingDefinition } from './settings/index.ts';

/** The settings of all features. */
export const allSettings: readonly SettingDefinition<unknown>[] = [
  companyDefaultSetting as SettingDefinition<unknown>,
  ...chatSettings,
  ...fileSettings,
  journalDaysSetting as SettingDefinition<unknown>,
  directoryCountrySetting as SettingDefinition<unknown>,
  auditDaysSetting as SettingDefinition<unknown>,
  dialPlanSetting as SettingDefinition<unknown>,
  classOfServiceSetting as SettingDefinition<unknown>,
  premiumCallsSetting as SettingDefinition<unknown>,
];
