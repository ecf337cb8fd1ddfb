import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { UCError } from '#shared/protocol/errors.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import type { Authenticator } from '#ucserver/auth/index.ts';
import { bearerOf, type RouteSet } from '#ucserver/http/index.ts';
import type { FileStore } from './file-store.ts';
import type { FileLinks } from './links.ts';
import { rangeOf } from './range.ts';
import type { TusUploads } from './tus-uploads.ts';

export interface FileRoutesOptions {
  readonly tus: TusUploads;
  readonly links: FileLinks;
  readonly store: Pick<FileStore, 'read'>;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  /** Bytes that leave the store. */
  readonly sent: (bytes: number) => void;
}

/** What the answer says is nothing that a browser may run. */
const sandbox = "sandbox; default-src 'none'";

/** Uploads, by the tus protocol, and downloads, by signed links. */
export function fileRoutes({ tus, links, store, authenticator, sent }: FileRoutesOptions): RouteSet {
  const upload = async (context: Context) => {
    const { userId } = await bearerOf(context, authenticator);
    const response = await tus.handle(webRequest(context), userId);
    context.status = response.status;
    for (const name of ['Location', 'Tus-Resumable', 'Upload-Offset', 'Upload-Length']) {
      const value = response.headers.get(name);
      if (value !== null) context.set(name, value);
    }
  };
  return (router) => {
    // Clients other than ours ask what the server understands.
    router.options(httpPaths.uploads, (context) => {
      context.set({ 'Tus-Resumable': '1.0.0', 'Tus-Version': '1.0.0', 'Tus-Extension': 'creation' });
      context.status = 204;
    });
    router.post(httpPaths.uploads, upload);
    router.head(`${httpPaths.uploads}/:fileId`, upload);
    router.patch(`${httpPaths.uploads}/:fileId`, upload);
    router.get(`${httpPaths.fileContent}:token`, async (context) => {
      const link = links.read(String(context.params.token));
      if (link === undefined) throw new UCError('FORBIDDEN', 'This link has ended or was never given.');
      const { hash, variant, name, type, size } = link;
      const isPreview = variant !== 'content';
      context.type = isPreview ? 'image/webp' : type;
      // A preview was drawn here; what people sent is saved, never shown.
      if (isPreview) context.set('Content-Disposition', 'inline');
      else context.attachment(name, { fallback: name.replace(/[^\x20-\x7e]|["\\%]/g, '_') });
      context.set('Content-Security-Policy', sandbox);
      context.set('Accept-Ranges', 'bytes');
      context.etag = `${hash}-${variant}`;
      const isSame = [undefined, context.response.get('ETag')].includes(context.get('If-Range') || undefined);
      const range = isSame ? rangeOf(context.get('Range'), size) : undefined;
      if (range === 'unsatisfiable') {
        context.status = 416;
        context.set('Content-Range', `bytes */${size}`);
        context.remove('Content-Disposition');
        context.body = '';
        return;
      }
      const { first, last } = range ?? { first: 0, last: size - 1 };
      context.status = range === undefined ? 200 : 206;
      if (range !== undefined) context.set('Content-Range', `bytes ${first}-${last}/${size}`);
      context.length = last - first + 1;
      if (context.method === 'HEAD') return;
      const bytes = await store.read(isPreview ? { hash, preview: variant } : { hash }, first, last);
      if (bytes === undefined) throw new UCError('NOT_FOUND');
      sent(last - first + 1);
      context.body = Readable.from(bytes);
      context.length = last - first + 1;
    });
  };
}

/** The request as the web knows it, which is what the tus package takes. */
function webRequest(context: Context): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(context.headers)) if (typeof value === 'string') headers.set(name, value);
  const { method } = context;
  const body = method === 'PATCH' ? { body: Readable.toWeb(context.req) as ReadableStream, duplex: 'half' as const } : {};
  return new Request(new URL(context.path, 'http://upload'), { method, headers, ...body });
}
