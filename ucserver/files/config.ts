import * as z from 'zod';

const megabyte = 1_048_576;

/** What can be set about files before a server starts; limits that administrators change while it runs are settings. */
export const filesConfigSchema = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for files that all servers share, the same on each (NFS or the like); missing: people exchange no files.'),
  linkMs: z.number().int().min(1_000).max(86_400_000).default(300_000).describe('How long a link for a download holds, in ms.'),
  unfinishedMs: z
    .number()
    .int()
    .min(60_000)
    .default(3 * 86_400_000)
    .describe('How long an upload that does not go on is kept, in ms.'),
  graceMs: z
    .number()
    .int()
    .min(1_000)
    .default(86_400_000)
    .describe('How long a file is kept that no message refers to (yet, or any more), in ms.'),
  cleanEveryMs: z.number().int().min(100).default(60_000).describe('How often a few files that may go are looked at, in ms.'),
  previewBytes: z
    .number()
    .int()
    .min(0)
    .default(50 * megabyte)
    .describe('Largest picture that previews are made of, in bytes (0: none are made).'),
  previewPixels: z
    .number()
    .int()
    .min(1)
    .max(268_402_689)
    .default(100_000_000)
    .describe('Most pixels of a picture that previews are made of.'),
  previewMs: z.number().int().min(100).default(15_000).describe('How long making the previews of one picture may take, in ms.'),
  scan: z
    .strictObject({
      command: z
        .array(z.string().min(1))
        .min(1)
        .describe(
          'Program and arguments, run without a shell; it reads the file from standard input and ends with 0 (clean) or 1 (refused).',
        ),
      timeMs: z.number().int().min(1_000).default(300_000).describe('How long scanning one file may take, in ms.'),
    })
    .optional()
    .describe('Present = a file must pass this before anybody, its owner too, can have it.'),
});
export type FilesConfig = z.infer<typeof filesConfigSchema>;
