import type {
  ChatDraftTable,
  ConversationMemberTable,
  ConversationTable,
  EntryTable,
  SearchPartTable,
  SearchTokenTable,
} from './tables/chat.ts';
import type { DeviceTable, RevocationTable, SigningKeyTable, SipDeviceTable } from './tables/devices.ts';
import type { FileContentTable, FileTable } from './tables/files.ts';
import type { JournalEntryTable, PhoneBookPartTable, PhoneBookTable } from './tables/journal.ts';
import type { LicenceBlockTable, LicenceNameTable } from './tables/licensing.ts';
import type { PermissionGrantTable, PictureTable, UserPresenceTable, UserTable } from './tables/people.ts';
import type { ActTable, AuditEntryTable, DatabaseIdentityTable, SettingTable } from './tables/store.ts';
import type { DialProfileTable, TrunkTable } from './tables/telephony.ts';

/**
 * The tables, as migrations leave them. The same on both engines: times are milliseconds since 1970 (UTC), flags are 0 or 1,
 * documents are JSON text. Names are lower-case and never words that one of the engines reserves.
 */
export interface Schema {
  database_identity: DatabaseIdentityTable;
  migrations: { name: string; applied_at: number };
  change_counter: { id: number; version: number };
  changes: { version: number; kind: string; object_id: string; recorded_at: number };
  acts: ActTable;
  users: UserTable;
  user_presence: UserPresenceTable;
  pictures: PictureTable;
  user_groups: { id: string; name: string; version: number; created_at: number };
  group_members: { group_id: string; user_id: string };
  permission_grants: PermissionGrantTable;
  contact_lists: { user_id: string; document: string; version: number };
  devices: DeviceTable;
  revocations: RevocationTable;
  signing_keys: SigningKeyTable;
  settings: SettingTable;
  settings_history: SettingTable;
  audit_entries: AuditEntryTable;
  conversations: ConversationTable;
  conversation_members: ConversationMemberTable;
  entries: EntryTable;
  chat_drafts: ChatDraftTable;
  leases: { name: string; holder: string; held_until: number };
  file_store: { id: number; store_id: string; created_at: number };
  files: FileTable;
  file_contents: FileContentTable;
  file_references: { file_id: string; conversation_id: string; seq: number };
  search_positions: { conversation_id: string; indexed_seq: number };
  search_parts: SearchPartTable;
  search_tokens: SearchTokenTable;
  licences: { id: string; document: string; installed_at: number };
  licence_features: { feature: string; version: number };
  licence_blocks: LicenceBlockTable;
  licence_names: LicenceNameTable;
  sip_devices: SipDeviceTable;
  journal_entries: JournalEntryTable;
  phone_books: PhoneBookTable;
  phone_book_parts: PhoneBookPartTable;
  dial_profiles: DialProfileTable;
  trunks: TrunkTable;
}
