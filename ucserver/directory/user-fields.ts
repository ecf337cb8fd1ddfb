import * as z from 'zod';
import { serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { text } from '#shared/protocol/text.ts';
import { foldSignIn, type UserRow } from './user.ts';

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

const optional = (length: number) => text(1, length).nullable();

const fields = {
  signIn: text(1, 256).transform(foldSignIn).pipe(z.string().min(1).max(256).regex(/^\S+$/, 'may not hold spaces')),
  displayName: text(1, 256),
  email: text(3, 320).regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'),
  administrator: z.boolean(),
  language: optional(35).refine((tag) => tag === null || isLanguage(tag), 'must be a language tag such as "de" or "en-GB"'),
  timeZone: optional(64).refine((name) => name === null || isTimeZone(name), 'must be a time zone such as "Europe/Berlin"'),
  homeServer: serverIdSchema.nullable(),
  title: optional(256),
  company: optional(256),
  department: optional(256),
  office: optional(256),
  address: optional(1000),
  workPhone: optional(64),
  mobilePhone: optional(64),
  privatePhone: optional(64),
};

/** What can be changed of a user; null empties a field. */
export const userPatchSchema = z.strictObject(fields).partial();
export type UserPatch = z.input<typeof userPatchSchema>;

/** What is needed to create one. */
export const newUserSchema = z.strictObject({
  ...z.strictObject(fields).partial().shape,
  signIn: fields.signIn,
  displayName: fields.displayName,
  email: fields.email,
});
export type NewUser = z.input<typeof newUserSchema>;

const columns = {
  signIn: 'sign_in',
  displayName: 'display_name',
  email: 'email',
  language: 'language',
  timeZone: 'time_zone',
  homeServer: 'home_server',
  title: 'title',
  company: 'company',
  department: 'department',
  office: 'office',
  address: 'address',
  workPhone: 'work_phone',
  mobilePhone: 'mobile_phone',
  privatePhone: 'private_phone',
} as const;

/** What of a row a patch sets. */
export type UserColumns = Partial<Pick<UserRow, (typeof columns)[keyof typeof columns] | 'administrator'>>;

function toColumns({ administrator, ...patch }: z.output<typeof userPatchSchema>): UserColumns {
  const named = Object.entries(patch).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(named.map(([field, value]) => [columns[field as keyof typeof columns], value])) as UserColumns),
    ...(administrator === undefined ? {} : { administrator: administrator ? 1 : 0 }),
  };
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UCError('BAD_REQUEST', issue?.message, { field: ['params', ...(issue?.path ?? [])].join('.') });
}

/** @throws UCError BAD_REQUEST naming the wrong field */
export function patchColumns(patch: UserPatch): UserColumns {
  return toColumns(parse(userPatchSchema, patch));
}

export interface RowOrigin {
  readonly id: string;
  readonly passwordHash: string | null;
  readonly at: number;
}

/** @throws UCError BAD_REQUEST naming the wrong field */
export function newRow(user: NewUser, { id, passwordHash, at }: RowOrigin): UserRow {
  const { signIn, displayName, email, ...rest } = parse(newUserSchema, user);
  return {
    id,
    sign_in: signIn,
    display_name: displayName,
    email,
    password_hash: passwordHash,
    locked: 0,
    administrator: 0,
    language: null,
    time_zone: null,
    picture_version: 0,
    home_server: null,
    title: null,
    company: null,
    department: null,
    office: null,
    address: null,
    work_phone: null,
    mobile_phone: null,
    private_phone: null,
    token_generation: 1,
    version: 1,
    created_at: at,
    ...toColumns(rest),
  };
}
