import { groupMembersSetting, groupsPerPersonSetting, messageDaysSetting } from './chat/index.ts';
import {
  blockedExtensionsSetting,
  fileBytesSetting,
  fileQuotaSetting,
  openUploadsSetting,
  uploadsPerMinuteSetting,
} from './files/index.ts';
import { journalDaysSetting } from './journal/index.ts';
import { companyDefaultSetting } from './permissions/index.ts';
import type { SettingDefinition } from './settings/index.ts';

/** The settings of all features. */
export const allSettings: readonly SettingDefinition<unknown>[] = [
  companyDefaultSetting as SettingDefinition<unknown>,
  groupMembersSetting as SettingDefinition<unknown>,
  groupsPerPersonSetting as SettingDefinition<unknown>,
  messageDaysSetting as SettingDefinition<unknown>,
  fileBytesSetting as SettingDefinition<unknown>,
  fileQuotaSetting as SettingDefinition<unknown>,
  openUploadsSetting as SettingDefinition<unknown>,
  uploadsPerMinuteSetting as SettingDefinition<unknown>,
  blockedExtensionsSetting as SettingDefinition<unknown>,
  journalDaysSetting as SettingDefinition<unknown>,
];
