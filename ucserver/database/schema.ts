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
}

/** One row. The generation rises when a backup is restored: cursors of an older generation are void. */
export interface DatabaseIdentityTable {
  id: number;
  generation: number;
  created_at: number;
}

/** Results of stored acts, kept 5 minutes, written in the transaction of the act. */
export interface ActTable {
  actor_id: string;
  act_id: string;
  method: string;
  result: string;
  done_at: number;
}

export interface UserTable {
  id: string;
  /** Folded by `foldSignIn`; unique. */
  sign_in: string;
  display_name: string;
  email: string;
  /** Text form of the verifier; null: the person cannot sign in with a password. */
  password_hash: string | null;
  locked: number;
  administrator: number;
  /** BCP 47. */
  language: string | null;
  /** IANA name. */
  time_zone: string | null;
  /** 0: no picture; else it names the picture's present version. */
  picture_version: number;
  home_server: string | null;
  title: string | null;
  company: string | null;
  department: string | null;
  office: string | null;
  address: string | null;
  work_phone: string | null;
  mobile_phone: string | null;
  private_phone: string | null;
  /** Tokens made under a lower generation are void. */
  token_generation: number;
  version: number;
  created_at: number;
}

/** What of a user's presence outlives their sessions. */
export interface UserPresenceTable {
  user_id: string;
  note: string | null;
  note_until: number | null;
  /** When the note was set or removed. */
  note_set_at: number | null;
  /** JSON of the states set by hand; null: none. */
  manual: string | null;
  /** When a state was set or taken back. */
  manual_set_at: number | null;
  last_seen: number | null;
  /** JSON of the presence version under which the owner wrote the row. */
  version: string;
}

export interface PictureTable {
  user_id: string;
  media_type: string;
  bytes: Uint8Array;
  version: number;
}

export interface PermissionGrantTable {
  /** A user id, or `*`: the company's default. */
  grantor_id: string;
  grantee_kind: 'user' | 'group' | 'everyone';
  /** A user or group id; `*` with `everyone`. */
  grantee_id: string;
  level: string;
}

/** A device on which a user is signed in. */
export interface DeviceTable {
  id: string;
  user_id: string;
  name: string;
  kind: string;
  created_at: number;
  last_used_at: number;
  /** RFC 7638 thumbprint of the key that proves possession, and the key as JWK. */
  key_thumbprint: string | null;
  public_key: string | null;
  /** Digest of the refresh token in force. */
  refresh_hash: string | null;
  refresh_until: number | null;
  revoked_at: number | null;
}

export interface RevocationTable {
  id: string;
  user_id: string;
  /** Null: all devices of the user. */
  device_id: string | null;
  revoked_at: number;
  /** When the last token it concerns has ended anyway and the row may go. */
  obsolete_at: number;
}

export interface SigningKeyTable {
  id: string;
  public_key: string;
  /** Sealed with a key derived from the mesh password, base64. */
  private_key_sealed: string;
  created_at: number;
  signs_from: number;
  signs_until: number;
  valid_until: number;
}

/** A setting in force, or (in the history) as one author left it. Scope is `global` or a server id. */
export interface SettingTable {
  scope: string;
  setting_key: string;
  /** JSON; null: back to the default. */
  value: string | null;
  version: number;
  author_id: string;
  changed_at: number;
}

export interface AuditEntryTable {
  id: string;
  recorded_at: number;
  actor_id: string;
  action: string;
  object_id: string;
  /** JSON, never a secret. */
  before_value: string | null;
  after_value: string | null;
  source_address: string | null;
}

export interface ConversationTable {
  id: string;
  kind: string;
  last_seq: number;
  created_at: number;
  /** Null: a conversation of two people, which shows the name of the other. */
  title: string | null;
  /** Whether new members see what was written before. */
  history_visible: number;
  /** Up to here retention has emptied what it empties. */
  emptied_seq: number;
}

/** What a person has begun to write. */
export interface ChatDraftTable {
  user_id: string;
  conversation_id: string;
  /** JSON; `{}`: there is none any more. */
  body: string;
  /** The highest wins. */
  version: number;
}

export interface ConversationMemberTable {
  conversation_id: string;
  user_id: string;
  joined_seq: number;
  left_seq: number | null;
  read_seq: number;
  delivered_seq: number;
  role: string;
  /** The first entry this member may see. */
  visible_from: number;
  /** No notices until then; null: they come. */
  muted_until: number | null;
}

export interface EntryTable {
  conversation_id: string;
  seq: number;
  entry_id: string;
  author_id: string;
  kind: string;
  /** JSON; `{}` once a deletion, retention or erasure has emptied it. */
  body: string;
  accepted_at: number;
  /** The entry that an edit, a delete or a reaction is about. */
  target_id: string | null;
}

export interface FileTable {
  id: string;
  owner_id: string;
  name: string;
  size_bytes: number;
  /** `uploading`, then `stored`. */
  state: string;
  /** SHA-256, hexadecimal; null until it is stored. */
  content_hash: string | null;
  media_type: string | null;
  /** Of a picture that has previews. */
  width: number | null;
  height: number | null;
  created_at: number;
  /** When it is looked at again: an unfinished upload, or a file that nobody refers to, is deleted then. */
  look_at: number;
}

/** Bytes in the store, once for all files that hold the same. */
export interface FileContentTable {
  content_hash: string;
  size_bytes: number;
  /** `scanning`, `clean` or `refused`. */
  scan_state: string;
  /** When the scan began or ended. */
  scan_at: number;
  /** Since when no file has it; it is deleted a while after. */
  doomed_at: number | null;
}

/** A run of entries of one conversation whose words are indexed together. */
export interface SearchPartTable {
  number: number;
  conversation_id: string;
  first_seq: number;
  last_seq: number;
  /** The earliest and the latest time of its entries. */
  first_at: number;
  last_at: number;
}

/** A word of a message, folded; `@…` names the author, `#file` says that files are attached. */
export interface SearchTokenTable {
  part: number;
  token: string;
  seq: number;
  accepted_at: number;
}

/** The licensed seats that a server may give. */
export interface LicenceBlockTable {
  feature: string;
  server_id: string;
  life: number;
  seats: number;
  /** The last request of the holder that was carried out. */
  request: number;
  /** When it is free again unless it is renewed. */
  frees_at: number;
}

/** That a user or call has a seat of a server; with `from_…` one that belongs to the block of another server. */
export interface LicenceNameTable {
  feature: string;
  name: string;
  server_id: string;
  life: number;
  from_server: string | null;
  from_life: number | null;
}

/** A phone of a user; its id is also its digest user name. */
export interface SipDeviceTable {
  id: string;
  user_id: string;
  name: string;
  /** Hashes of user name, realm and secret, hexadecimal (RFC 7616). */
  verifier_md5: string;
  verifier_sha256: string;
  created_at: number;
  revoked_at: number | null;
}
