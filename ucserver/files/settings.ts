import * as z from 'zod';
import { defineSetting } from '#ucserver/settings/index.ts';

const gigabyte = 1_073_741_824;

/** What people may upload. */
export interface FileLimits {
  readonly maxBytes: number;
  readonly quotaBytes: number;
  /** Uploads of one person that are not finished. */
  readonly openUploads: number;
  readonly uploadsPerMinute: number;
  readonly blockedExtensions: readonly string[];
}

export const fileBytesSetting = defineSetting({
  key: 'files.maxBytes',
  about: 'Largest file, in bytes.',
  schema: z.int().min(0).max(1_099_511_627_776),
  default: 4 * gigabyte,
});

export const fileQuotaSetting = defineSetting({
  key: 'files.quotaBytes',
  about: 'Bytes that all files of one person may take together.',
  schema: z.int().min(0),
  default: 50 * gigabyte,
});

export const openUploadsSetting = defineSetting({
  key: 'files.openUploads',
  about: 'Uploads of one person that may be unfinished at once.',
  schema: z.int().min(1).max(10_000),
  default: 100,
});

export const uploadsPerMinuteSetting = defineSetting({
  key: 'files.uploadsPerMinute',
  about: 'Uploads that one person may begin in a minute.',
  schema: z.int().min(1).max(10_000),
  default: 120,
});

export const blockedExtensionsSetting = defineSetting<readonly string[]>({
  key: 'files.blockedExtensions',
  about: 'Files whose names end so are refused; lower-case, without the dot.',
  schema: z.array(z.string().regex(/^[^.\s]{1,20}$/u)).max(500),
  default: [
    ...['apk', 'app', 'bat', 'cmd', 'com', 'cpl', 'dll', 'exe', 'gadget', 'hta', 'inf', 'jar', 'js', 'jse', 'lnk', 'msc'],
    ...['msi', 'msp', 'pif', 'ps1', 'ps1xml', 'ps2', 'psc1', 'reg', 'scf', 'scr', 'sct', 'sys', 'vb', 'vbe', 'vbs', 'wsf', 'wsh'],
  ],
});
