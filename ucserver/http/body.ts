import type { Context } from 'koa';
import type * as z from 'zod';
import { UCError } from '#shared/protocol/errors.ts';
import { refusal } from '#shared/protocol/refusal.ts';

const mostJsonBytes = 16_384;

/**
 * Reads a body.
 * @throws UCError `TOO_LARGE`; nothing more is read then and the connection is closed after the answer.
 */
export async function readBytes(context: Context, mostBytes: number): Promise<Buffer> {
  const tooLarge = () => {
    context.set('Connection', 'close');
    return new UCError('TOO_LARGE', `The body may have ${mostBytes} bytes.`);
  };
  if ((context.request.length ?? 0) > mostBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of context.req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a JSON body and checks it strictly.
 * @throws UCError `BAD_REQUEST` naming the field, or `TOO_LARGE`.
 */
export async function readJson<S extends z.ZodType>(context: Context, schema: S): Promise<z.output<S>> {
  // A form of a foreign page can send any text, but not this type, without being asked about first (CORS).
  if (!context.is('application/json'))
    throw new UCError('BAD_REQUEST', 'The body must be application/json.', { field: 'Content-Type' });
  const body = schema.safeParse(parsed((await readBytes(context, mostJsonBytes)).toString('utf8')));
  if (body.success) return body.data;
  throw refusal(body.error, '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UCError('BAD_REQUEST', 'The body is not JSON.', { cause });
  }
}
