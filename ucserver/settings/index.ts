export { defineSetting, type SettingDefinition } from './definition.ts';
export { registerSettingMethods, type SettingMethodsOptions } from './methods.ts';
export { settingProcedures } from './repository.ts';
export { type SettingRequest, type SettingScope, Settings, type SettingsOptions } from './service.ts';
