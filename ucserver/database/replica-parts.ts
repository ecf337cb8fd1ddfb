import { groupedTablePart, tablePart } from './replica-part.ts';

/**
 * What every server keeps in memory. The kind (first argument) is what procedures give to `recordChange`, with the id of the
 * object: columns left out here may change without a recorded change.
 */
export const replicaParts = {
  users: tablePart('user', 'users', 'id'),
  userPresence: tablePart('userPresence', 'user_presence', 'user_id'),
  groups: tablePart('group', 'user_groups', 'id'),
  /** By group id. */
  groupMembers: groupedTablePart('groupMembers', 'group_members', ['group_id', 'user_id']),
  /** By the id of the grantor, `*` for the company. */
  grants: groupedTablePart('grants', 'permission_grants', ['grantor_id', 'grantee_kind', 'grantee_id']),
  contactLists: tablePart('contactList', 'contact_lists', 'user_id'),
  /** By user id: devices choose their ids themselves, so an id means something only together with its user. */
  devices: groupedTablePart(
    'devices',
    'devices',
    ['user_id', 'id'],
    [
      'id',
      'user_id',
      'name',
      'kind',
      'created_at',
      'key_thumbprint',
      'public_key',
      'refresh_hash',
      'refresh_until',
      'revoked_at',
    ],
  ),
  revocations: tablePart('revocation', 'revocations', 'id'),
  licences: tablePart('licence', 'licences', 'id'),
  sipDevices: tablePart('sipDevice', 'sip_devices', 'id'),
  phoneBooks: tablePart('phoneBook', 'phone_books', 'id'),
  phoneBookParts: tablePart('phoneBookPart', 'phone_book_parts', 'id'),
  /** By `user/ID` or `group/ID`. */
  dialProfiles: tablePart('dialProfile', 'dial_profiles', 'id'),
  trunks: tablePart('trunk', 'trunks', 'id'),
  signingKeys: tablePart('signingKey', 'signing_keys', 'id'),
  /** By scope. */
  settings: groupedTablePart('settings', 'settings', ['scope', 'setting_key']),
  /** By conversation id. */
  conversationMembers: groupedTablePart(
    'conversationMembers',
    'conversation_members',
    ['conversation_id', 'user_id'],
    ['conversation_id', 'user_id', 'joined_seq', 'left_seq', 'role', 'visible_from'],
  ),
} as const;
