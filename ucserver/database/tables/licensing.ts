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
