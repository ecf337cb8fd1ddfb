import * as z from 'zod';
import { defineSetting } from '#ucserver/settings/index.ts';

/** How large groups may become. */
export interface GroupLimits {
  readonly members: number;
  readonly groupsPerPerson: number;
}

export const groupMembersSetting = defineSetting({
  key: 'chat.groupMembers',
  about: 'Most members of a group or channel.',
  schema: z.int().min(3).max(1_000),
  default: 1_000,
  clientVisible: true,
});

export const groupsPerPersonSetting = defineSetting({
  key: 'chat.groupsPerPerson',
  about: 'Most groups and channels that a person can be in.',
  schema: z.int().min(1).max(10_000),
  default: 500,
});
