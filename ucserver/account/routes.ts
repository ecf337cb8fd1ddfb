import { type UserId, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { httpPaths, maxPictureBytes, type PictureAnswer } from '#shared/protocol/http.ts';
import type { Authenticator } from '#ucserver/auth/index.ts';
import { bearerOf, type RouteSet, readBytes } from '#ucserver/http/index.ts';
import type { Directory } from '../directory/index.ts';

export interface PictureRoutesOptions {
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  /** Whether a reader's level lets them see pictures of a person. */
  readonly seesPicture: (presentity: UserId, reader: UserId) => boolean;
}

const yearSeconds = 31_536_000;

/**
 * Pictures of people, for those who are signed in: the page fetches them with its token and shows them from memory, so no address
 * of a picture is worth anything to a stranger. A picture under its version never changes and is kept by the browser.
 */
export function pictureRoutes({ directory, authenticator, seesPicture }: PictureRoutesOptions): RouteSet {
  return (router) => {
    router.put(httpPaths.ownPicture, async (context) => {
      const { userId } = await bearerOf(context, authenticator);
      const bytes = await readBytes(context, maxPictureBytes);
      const pictureVersion = await directory.setPicture(userId, bytes, { actor: userId, from: context.state.address });
      context.body = { pictureVersion } satisfies PictureAnswer;
    });
    router.delete(httpPaths.ownPicture, async (context) => {
      const { userId } = await bearerOf(context, authenticator);
      await directory.removePicture(userId, { actor: userId, from: context.state.address });
      context.body = { pictureVersion: 0 } satisfies PictureAnswer;
    });
    router.get(`${httpPaths.pictures}:userId`, async (context) => {
      const { userId: reader } = await bearerOf(context, authenticator);
      const presentity = userIdSchema.safeParse(context.params.userId);
      if (!presentity.success || !seesPicture(presentity.data, reader)) throw new UCError('NOT_FOUND');
      const picture = await directory.picture(presentity.data);
      if (!picture) throw new UCError('NOT_FOUND');
      const asked = context.query.v === String(picture.version);
      context.set('Cache-Control', asked ? `private, max-age=${yearSeconds}, immutable` : 'private, no-cache');
      context.vary('Authorization');
      context.etag = String(picture.version);
      context.status = 200;
      context.type = picture.mediaType;
      if (context.fresh) context.status = 304;
      else context.body = Buffer.from(picture.bytes);
    });
  };
}
