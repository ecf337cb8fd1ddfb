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
