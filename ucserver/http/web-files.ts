import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { Context, Middleware } from 'koa';

const yearSeconds = 31_536_000;

/**
 * Serves the built web client. Files under `/assets/` carry a hash of their content in their name and are kept for ever; all
 * others, the service worker first of all, are asked about every time. A path without a file is one of the page's own, so it gets
 * the page.
 */
export function webFiles(folder: string): Middleware {
  return async (context, next) => {
    if (context.method !== 'GET' && context.method !== 'HEAD') return next();
    if (await sendFile(context, folder, context.path)) return;
    const isPagePath = extname(context.path) === '' && !context.path.startsWith('/api/') && context.accepts('html');
    if (isPagePath && (await sendFile(context, folder, '/index.html'))) return;
    await next();
  };
}

async function sendFile(context: Context, folder: string, path: string): Promise<boolean> {
  const file = fileOf(folder, path);
  const found = file === undefined ? undefined : await stat(file).catch(notThere);
  if (file === undefined || !found?.isFile()) return false;
  context.set('Cache-Control', path.startsWith('/assets/') ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
  context.etag = `${found.mtimeMs.toString(36)}-${found.size.toString(36)}`;
  context.status = 200;
  context.type = extname(file) === '.webmanifest' ? 'application/manifest+json' : extname(file);
  if (context.fresh) {
    context.status = 304;
    return true;
  }
  context.length = found.size;
  context.body = createReadStream(file);
  return true;
}

/** The file a path names; undefined when it leads out of the folder or to a hidden file. */
function fileOf(folder: string, path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path === '/' ? '/index.html' : path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  if (decoded.includes('\0') || decoded.split(/[/\\]/).some((part) => part.startsWith('.'))) return undefined;
  const file = join(folder, normalize(decoded));
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? file : undefined;
}

function notThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENAMETOOLONG') return undefined;
  throw error;
}
