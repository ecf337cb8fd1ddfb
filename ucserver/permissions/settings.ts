import { type PermissionLevel, permissionLevelSchema } from '#shared/protocol/permissions.ts';
import { defineSetting } from '#ucserver/settings/index.ts';

export const companyDefaultSetting = defineSetting<PermissionLevel>({
  key: 'permissions.companyDefault',
  about:
    'The permission level everybody in the company has with everybody else, unless a grant says more, or a personal one something else.',
  schema: permissionLevelSchema,
  default: 'team',
});
