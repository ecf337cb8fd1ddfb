export { type PermissionMethodsOptions, registerPermissionMethods } from './methods.ts';
export { permissionProcedures } from './repository.ts';
export { Permissions, type PermissionsOptions } from './service.ts';
export { companyDefaultSetting } from './settings.ts';
