const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** What generating a key pair answers, in browsers and in Node. */
export interface DeviceKey {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

export interface PublicKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** A new key pair whose private half can be used but never read, not even by a script in this page. */
export function createDeviceKey(): Promise<DeviceKey> {
  return crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
}

export async function publicKeyOf({ publicKey }: DeviceKey): Promise<PublicKey> {
  const { x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  if (x === undefined || y === undefined) throw new TypeError('This is not a key of the curve P-256');
  return { kty: 'EC', crv: 'P-256', x, y };
}

/** The base64url signature (SHA-256, IEEE P1363) that proves to a server that this device holds the key. */
export async function signNonce({ privateKey }: DeviceKey, nonce: string): Promise<string> {
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, new TextEncoder().encode(nonce));
  return btoa(String.fromCharCode(...new Uint8Array(signature)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
