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
