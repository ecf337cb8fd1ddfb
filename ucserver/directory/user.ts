import type { GroupId, ServerId, UserId } from '#shared/ids.ts';
import type { Card } from '../auth/permissions.ts';
import type { Schema } from '../database/index.ts';

export { erasedSignIn, foldSignIn } from '../auth/sign-in-name.ts';

export type UserRow = Readonly<Schema['users']>;

/** A person of the company. */
export interface User {
  readonly id: UserId;
  /** Folded (see {@link foldSignIn}). */
  readonly signIn: string;
  readonly displayName: string;
  readonly email: string;
  readonly locked: boolean;
  readonly administrator: boolean;
  /** BCP 47; undefined: as the client has it. */
  readonly language: string | undefined;
  /** IANA name; undefined: as the client has it. */
  readonly timeZone: string | undefined;
  /** 0: no picture. */
  readonly pictureVersion: number;
  readonly homeServer: ServerId | undefined;
  readonly title: string | undefined;
  readonly company: string | undefined;
  readonly department: string | undefined;
  readonly office: string | undefined;
  readonly address: string | undefined;
  readonly workPhone: string | undefined;
  readonly mobilePhone: string | undefined;
  readonly privatePhone: string | undefined;
  /** Verifier of the password; undefined: no sign-in by password. */
  readonly passwordHash: string | undefined;
  /** Tokens made under a lower one are void. */
  readonly tokenGeneration: number;
  /** Rises with every change; name it when changing. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A department or another group. */
export interface Group {
  readonly id: GroupId;
  readonly name: string;
  readonly version: number;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id as UserId,
    signIn: row.sign_in,
    displayName: row.display_name,
    email: row.email,
    locked: row.locked !== 0,
    administrator: row.administrator !== 0,
    language: row.language ?? undefined,
    timeZone: row.time_zone ?? undefined,
    pictureVersion: row.picture_version,
    homeServer: (row.home_server as ServerId | null) ?? undefined,
    title: row.title ?? undefined,
    company: row.company ?? undefined,
    department: row.department ?? undefined,
    office: row.office ?? undefined,
    address: row.address ?? undefined,
    workPhone: row.work_phone ?? undefined,
    mobilePhone: row.mobile_phone ?? undefined,
    privatePhone: row.private_phone ?? undefined,
    passwordHash: row.password_hash ?? undefined,
    tokenGeneration: row.token_generation,
    version: row.version,
    createdAt: row.created_at,
  };
}

/** The whole card, before it is cut to what a reader may see. */
export function toCard(user: User): Card {
  return {
    userId: user.id,
    name: user.displayName,
    email: user.email,
    pictureVersion: user.pictureVersion,
    title: user.title,
    company: user.company,
    department: user.department,
    workPhone: user.workPhone,
    office: user.office,
    address: user.address,
    mobile: user.mobilePhone,
    privatePhone: user.privatePhone,
  };
}
