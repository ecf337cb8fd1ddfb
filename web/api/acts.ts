import type { methods } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import type { MethodName } from './types.ts';

type ActMethod = { [M in MethodName]: (typeof methods)[M] extends { act: true } ? M : never }[MethodName];

/**
 * The methods that change something, and which field makes them safe to repeat. Typed against the registry: a method that is
 * missing here does not compile, and the client ships without the schemas.
 */
const acts: Readonly<Record<ActMethod, 'actId' | 'entryId' | 'fileId'>> = {
  'account.update': 'actId',
  'account.changePassword': 'actId',
  'account.signOut': 'actId',
  'settings.set': 'actId',
  'contacts.put': 'actId',
  'permissions.grant': 'actId',
  'presence.set': 'actId',
  'presence.setNote': 'actId',
  'chat.send': 'entryId',
  'chat.edit': 'entryId',
  'chat.delete': 'entryId',
  'chat.react': 'entryId',
  'chat.forward': 'entryId',
  'chat.createGroup': 'entryId',
  'chat.addMembers': 'entryId',
  'chat.removeMembers': 'entryId',
  'chat.setRole': 'entryId',
  'chat.rename': 'entryId',
  'chat.leave': 'entryId',
  'files.finish': 'fileId',
  'files.remove': 'fileId',
  'phones.create': 'actId',
  'phones.renewSecret': 'actId',
  'phones.revoke': 'actId',
  'calls.dial': 'actId',
  'calls.hangUp': 'actId',
  'calls.decline': 'actId',
  'calls.hold': 'actId',
  'calls.resume': 'actId',
  'calls.transfer': 'actId',
  'calls.transferTo': 'actId',
  'calls.sendDigits': 'actId',
  'calls.pickUp': 'actId',
  'journal.markRead': 'actId',
  'journal.note': 'actId',
  'journal.remove': 'actId',
};

/** The parameters as they are sent: an act gets its id once, so that sending it again is the same act. */
export function withActId(method: MethodName, params: object): object {
  if ((acts as Partial<Record<MethodName, string>>)[method] !== 'actId' || 'actId' in params) return params;
  return { ...params, actId: randomId() };
}
