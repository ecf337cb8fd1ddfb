import type { UserId } from '../ids.ts';

/** Author of entries that no person has written, such as who is in the group of a department. No user has this id. */
export const systemAuthor = 'system' as UserId;
