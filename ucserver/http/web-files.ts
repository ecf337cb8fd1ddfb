import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context, Middleware } from 'koa';

const yearSeconds = 31_536_000;
const compress = promisify(gzip);
/** What becomes much smaller, and is small enough to be kept in memory. */
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest']);
const smallestCompressed = 1_024;
const largestCompressed = 8_388_608;

/**
 * Serves the built web client. Files under `/assets/` carry a hash of their content in their name and are kept for ever; all
 * others, the service worker first of all, are asked about every time. A path without a file is one of the page's own, so it gets
 * the page.
 */
export function webFiles(folder: string): Middleware {
  const compressed = new CompressedFiles();
  return async (context, next) => {
    if (context.method !== 'GET' && context.method !== 'HEAD') return next();
    if (await sendFile(context, compressed, folder, context.path)) return;
    const isPagePath = extname(context.path) === '' && !context.path.startsWith('/api/') && context.accepts('html');
    if (isPagePath && (await sendFile(context, compressed, folder, '/index.html'))) return;
    await next();
  };
}

/** Compressed once per version of a file; a build has few files. */
class CompressedFiles {
  readonly #files = new Map<string, { readonly version: string; readonly bytes: Promise<Buffer> }>();

  get(file: string, version: string): Promise<Buffer> {
    const known = this.#files.get(file);
    if (known?.version === version) return known.bytes;
    const bytes = readFile(file).then((content) => compress(content));
    this.#files.set(file, { version, bytes });
    // What could not be read this time is tried again the next time.
    bytes.catch(() => this.#files.delete(file));
    return bytes;
  }
}

async function sendFile(context: Context, compressed: CompressedFiles, folder: string, path: string): Promise<boolean> {
  const file = fileOf(folder, path);
  const found = file === undefined ? undefined : await stat(file).catch(notThere);
  if (file === undefined || !found?.isFile()) return false;
  const isCompressible = compressible.has(extname(file)) && found.size >= smallestCompressed && found.size <= largestCompressed;
  if (isCompressible) context.vary('Accept-Encoding');
  const isCompressed = isCompressible && context.acceptsEncodings('gzip', 'identity') === 'gzip';
  const version = `${found.mtimeMs.toString(36)}-${found.size.toString(36)}`;
  context.set('Cache-Control', path.startsWith('/assets/') ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
  context.etag = isCompressed ? `${version}-gz` : version;
  context.status = 200;
  context.type = extname(file) === '.webmanifest' ? 'application/manifest+json' : extname(file);
  if (context.fresh) {
    context.status = 304;
  } else if (isCompressed) {
    context.set('Content-Encoding', 'gzip');
    context.body = await compressed.get(file, version);
  } else {
    context.length = found.size;
    context.body = createReadStream(file);
  }
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
