import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import * as z from 'zod';

/** What seats are counted of; the ledger has a row for each. */
export const licensedFeatures = ['onlineUsers', 'softphoneCalls'] as const;
export type LicensedFeature = (typeof licensedFeatures)[number];

const dayMs = 86_400_000;
const moment = z.iso.datetime({ offset: true });

/** What a licence grants. Features of later versions may stand in it; null: as many as one likes. */
export const licenceSchema = z.object({
  id: z.string().min(1).max(64),
  customer: z.string().min(1).max(256),
  issuedAt: moment,
  /** Missing: for ever. */
  validUntil: moment.optional(),
  /** Days after its end during which everything goes on. */
  graceDays: z.int().min(0).max(365).default(30),
  features: z.record(z.string(), z.int().min(0).nullable()),
});
export type Licence = z.infer<typeof licenceSchema>;

/** Ed25519 key of who issues licences: 32 bytes, Base64url. */
export const issuerKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be an Ed25519 public key, 32 bytes in Base64url');

const documentSchema = z.strictObject({ licence: z.string().max(100_000), signature: z.string().max(200) });

/** The document is no licence of this issuer. */
export class LicenceRefused extends Error {
  override readonly name = 'LicenceRefused';
}

/** A new key of an issuer: the public part for configurations, the private part (PEM) for the issuer alone. */
export function newIssuerKey(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** The licence file: the licence as signed bytes, and the signature over them. */
export function issueLicence(licence: z.input<typeof licenceSchema>, privateKey: KeyObject): string {
  const bytes = Buffer.from(JSON.stringify(licenceSchema.parse(licence)));
  const signature = sign(null, bytes, privateKey).toString('base64url');
  return `${JSON.stringify({ licence: bytes.toString('base64url'), signature }, undefined, 2)}\n`;
}

/** @throws LicenceRefused */
export function readLicence(document: string, issuer: string): Licence {
  let parsed: z.infer<typeof documentSchema>;
  try {
    parsed = documentSchema.parse(JSON.parse(document));
  } catch (error) {
    throw new LicenceRefused('this is not a licence file', { cause: error });
  }
  const bytes = Buffer.from(parsed.licence, 'base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: issuer }, format: 'jwk' });
  // Checked before it is parsed.
  if (!verify(null, bytes, key, Buffer.from(parsed.signature, 'base64url')))
    throw new LicenceRefused('the licence is not signed by the configured issuer');
  const licence = licenceSchema.safeParse(JSON.parse(bytes.toString()));
  if (!licence.success) throw new LicenceRefused('the licence is signed but cannot be read', { cause: licence.error });
  return licence.data;
}

export type LicenceState = 'valid' | 'grace' | 'expired';

export function licenceState({ validUntil, graceDays }: Licence, nowMs: number): LicenceState {
  if (validUntil === undefined) return 'valid';
  const endMs = Date.parse(validUntil);
  if (nowMs < endMs) return 'valid';
  return nowMs < endMs + graceDays * dayMs ? 'grace' : 'expired';
}

/** @param licence `undefined`: the built-in community licence, which has no limits. @returns seats, `Infinity` for no limit */
export function seatsOf(licence: Licence | undefined, feature: LicensedFeature, nowMs: number): number {
  if (licence === undefined) return Number.POSITIVE_INFINITY;
  if (licenceState(licence, nowMs) === 'expired') return 0;
  const seats = licence.features[feature];
  return seats === null ? Number.POSITIVE_INFINITY : (seats ?? 0);
}
