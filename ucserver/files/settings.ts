import * as z from 'zod';
import { defineSetting, type SettingDefinition, type Settings } from '#ucserver/settings/index.ts';

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

const maxBytes = defineSetting({
  key: 'files.maxBytes',
  about: 'Largest file, in bytes.',
  schema: z.int().min(0).max(1_099_511_627_776),
  default: 4 * gigabyte,
  clientVisible: true,
});

const quotaBytes = defineSetting({
  key: 'files.quotaBytes',
  about: 'Bytes that all files of one person may take together.',
  schema: z.int().min(0),
  default: 50 * gigabyte,
  clientVisible: true,
});

const openUploads = defineSetting({
  key: 'files.openUploads',
  about: 'Uploads of one person that may be unfinished at once.',
  schema: z.int().min(1).max(10_000),
  default: 100,
});

const uploadsPerMinute = defineSetting({
  key: 'files.uploadsPerMinute',
  about: 'Uploads that one person may begin in a minute.',
  schema: z.int().min(1).max(10_000),
  default: 120,
});

const blockedExtensions = defineSetting<readonly string[]>({
  key: 'files.blockedExtensions',
  about: 'Files whose names end so are refused; lower-case, without the dot.',
  schema: z.array(z.string().regex(/^[^.\s]{1,20}$/u)).max(500),
  default: [
    ...['apk', 'app', 'bat', 'cmd', 'com', 'cpl', 'dll', 'exe', 'gadget', 'hta', 'inf', 'jar', 'js', 'jse', 'lnk', 'msc'],
    ...['msi', 'msp', 'pif', 'ps1', 'ps1xml', 'ps2', 'psc1', 'reg', 'scf', 'scr', 'sct', 'sys', 'vb', 'vbe', 'vbs', 'wsf', 'wsh'],
  ],
  clientVisible: true,
});

const days = defineSetting({
  key: 'files.days',
  about:
    'Days after which a file is deleted, counted from its upload, also when messages refer to it, which then say that it is gone; 0: never.',
  schema: z.int().min(0).max(36_500),
  default: 0,
});

/** The settings of files. */
export const fileSettings = [
  maxBytes,
  quotaBytes,
  openUploads,
  uploadsPerMinute,
  blockedExtensions,
  days,
] as readonly SettingDefinition<unknown>[];

/** What is in force on this server. */
export function fileLimits(settings: Pick<Settings, 'get'>): FileLimits {
  return {
    maxBytes: settings.get(maxBytes),
    quotaBytes: settings.get(quotaBytes),
    openUploads: settings.get(openUploads),
    uploadsPerMinute: settings.get(uploadsPerMinute),
    blockedExtensions: settings.get(blockedExtensions),
  };
}

/** Days for which a file is kept on this server; 0: for ever. */
export function fileDays(settings: Pick<Settings, 'get'>): number {
  return settings.get(days);
}
