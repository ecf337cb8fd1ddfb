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
