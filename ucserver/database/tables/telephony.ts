/** How a person or a group (`user/ID`, `group/ID`) telephones: JSON of a dial profile. */
export interface DialProfileTable {
  id: string;
  document: string;
  changed_at: number;
}

/** A trunk to a provider or PBX: JSON of what it is, its password apart. */
export interface TrunkTable {
  id: string;
  document: string;
  /** Sealed with a key derived from the mesh password, base64; null: it needs none. */
  password_sealed: string | null;
  version: number;
  changed_at: number;
}
