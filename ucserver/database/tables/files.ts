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
