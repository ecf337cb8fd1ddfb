import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts what stands on disk or in SQL so that only servers of the same mesh can read it (AES-256-GCM; RFC 5869 derives
 * the key from the mesh password). Each purpose has its own key: what was sealed for one cannot be opened for another.
 */
export class SecretBox {
  readonly #key: Uint8Array;

  /** @param purpose names the use, for example `snapshot` */
  constructor(meshId: string, meshPassword: string, purpose: string) {
    this.#key = new Uint8Array(hkdfSync('sha256', meshPassword, `ucmesh ${meshId}`, `ucmesh secret box ${purpose} 1`, 32));
  }

  /** @param context is not stored but must be the same at opening: the place where the sealed bytes belong */
  seal(plain: Uint8Array, context: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(context));
    const sealed = cipher.update(plain);
    return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws Error when the bytes were changed, belong to another context, or were sealed with another password */
  open(sealed: Uint8Array, context: string): Buffer {
    if (sealed.length < nonceBytes + tagBytes) throw new Error('sealed bytes are cut short');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, nonceBytes));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
    return Buffer.concat([plain, decipher.final()]);
  }
}
