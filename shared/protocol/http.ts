import type { Tokens } from './account.ts';
import type { WireError } from './errors.ts';
import type { ServerAddress } from './session.ts';

/**
 * The HTTP part of the client protocol; everything else travels over the WebSocket. Bodies are JSON unless said otherwise;
 * `Bearer` = access token in the `Authorization` header. Pages of every server of the company may call every server (CORS
 * without credentials). An error is an {@link HttpError} with the status of its code.
 */
export const httpPaths = {
  /** WebSocket. */
  socket: '/ws',
  /** POST `signInBodySchema` → {@link Tokens}. */
  signIn: '/api/auth/sign-in',
  /** POST `{}` → {@link NonceAnswer}. */
  nonce: '/api/auth/nonce',
  /** POST `refreshBodySchema` → {@link Tokens}. */
  refresh: '/api/auth/refresh',
  /** POST `{}`, Bearer → `{}`: signs this device out and ends its session. */
  signOut: '/api/auth/sign-out',
  /** GET → {@link ServersAnswer}. */
  servers: '/api/servers',
  /** PUT image bytes (`image/png`, `image/jpeg` or `image/webp`), DELETE; Bearer → {@link PictureAnswer}. */
  ownPicture: '/api/account/picture',
  /** GET `/api/pictures/<userId>?v=<pictureVersion>`, Bearer → image bytes. */
  pictures: '/api/pictures/',
  /**
   * Resumable uploads by the tus protocol 1.0.0 with creation, Bearer: POST with `Upload-Length` and `Upload-Metadata`
   * (`fileId`, `name`), then HEAD and PATCH of `<path>/<fileId>`, on any server.
   */
  uploads: '/api/files/uploads',
  /** GET, HEAD `<path><token of files.link>` → bytes of a file; ranges are understood. */
  fileContent: '/api/files/content/',
} as const;

/** Largest picture that is taken, in bytes. Clients scale to 256 × 256 before they send. */
export const maxPictureBytes = 262_144;

export type SignInAnswer = Tokens;
export interface NonceAnswer {
  readonly nonce: string;
}
export interface ServersAnswer {
  readonly servers: readonly ServerAddress[];
}
export interface PictureAnswer {
  readonly pictureVersion: number;
}
export interface HttpError {
  readonly error: WireError;
}
