import * as z from 'zod';
import { fileIdSchema } from '../ids.ts';
import type { Methods } from './methods.ts';
import { timestamp } from './text.ts';

/** Files in one message. */
export const maxMessageFiles = 10;
/** Longest name of a file, in UTF-16 units. */
export const maxFileNameUnits = 255;

/** A file as messages refer to it. A server wrote all of it, and it never changes. */
export const fileRefSchema = z.object({
  fileId: fileIdSchema,
  name: z.string(),
  /** Bytes. */
  size: z.int().min(0),
  /** Media type, by what is in the file; `application/octet-stream` for all that is of no known kind. */
  type: z.string(),
  /** Of a picture that has previews, in pixels as it is to be seen. */
  width: z.int().min(1).optional(),
  height: z.int().min(1).optional(),
});
export type FileRef = z.infer<typeof fileRefSchema>;

/** `content`: the file itself; `small`, `large`: previews of a picture, at most 320 and 1,280 pixels wide and high. */
export const fileVariantSchema = z.enum(['content', 'small', 'large']);
export type FileVariant = z.infer<typeof fileVariantSchema>;

/** `scanning`: everybody must wait, its owner too; `refused`: the scan has found something; `gone`: deleted, or not for the asker. */
export const fileStateSchema = z.enum(['ready', 'scanning', 'refused', 'gone']);
export type FileState = z.infer<typeof fileStateSchema>;

/** What a client writes into `Upload-Metadata` of the tus protocol, both in Base64 of UTF-8. */
export const uploadMetadataNames = { fileId: 'fileId', name: 'name' } as const;

export const fileMethods = {
  'files.limits': {
    about: 'What may be uploaded, and how much of it this user has.',
    params: z.strictObject({}),
    result: z.object({
      /** False: this company keeps no files. */
      available: z.boolean(),
      maxBytes: z.int().min(0),
      quotaBytes: z.int().min(0),
      usedBytes: z.int().min(0),
      /** Lower-case, without the dot. */
      blockedExtensions: z.array(z.string()),
    }),
  },
  'files.finish': {
    about:
      'Says that all bytes of an upload were sent, and makes a file of it that messages can refer to. Asked again, it is the same file. Takes a while for large ones.',
    act: true,
    params: z.strictObject({ fileId: fileIdSchema }),
    result: fileRefSchema,
  },
  'files.remove': {
    about: 'Deletes an upload, or a file of the user that no message refers to. What is not there counts as deleted.',
    act: true,
    params: z.strictObject({ fileId: fileIdSchema }),
    result: z.object({}),
  },
  'files.link': {
    about:
      'A path under which any server gives out a file for a few minutes, without further proof; for its owner and for whoever may read a message that refers to it.',
    params: z.strictObject({ fileId: fileIdSchema, variant: fileVariantSchema.default('content') }),
    result: z.object({ path: z.string(), endsAt: timestamp }),
  },
  'files.status': {
    about: 'Whether files can be had now.',
    params: z.strictObject({ fileIds: z.array(fileIdSchema).min(1).max(50) }),
    result: z.object({ files: z.array(z.object({ fileId: fileIdSchema, state: fileStateSchema })) }),
  },
} as const satisfies Methods;
