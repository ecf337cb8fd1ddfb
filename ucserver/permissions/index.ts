import type { Dispatcher, SessionTable } from '#ucserver/gateway/index.ts';
import { registerPermissionMethods } from './methods.ts';
import { Permissions, type PermissionsOptions } from './service.ts';

export { permissionProcedures } from './repository.ts';
export type { Permissions, PermissionsOptions } from './service.ts';
export { companyDefaultSetting } from './settings.ts';

export interface PermissionsDependencies extends PermissionsOptions {
  readonly dispatcher: Dispatcher;
  readonly sessions: SessionTable;
}

/** @returns the permissions of this server, which need no start. {@link companyDefaultSetting} must be among the settings. */
export function createPermissions({ dispatcher, sessions, ...options }: PermissionsDependencies): Permissions {
  const permissions = new Permissions(options);
  registerPermissionMethods({ dispatcher, permissions, sessions });
  return permissions;
}
