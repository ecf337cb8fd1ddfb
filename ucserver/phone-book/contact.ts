import * as z from 'zod';
import { phoneNumberKinds } from '#shared/protocol/phone-book.ts';

export const contactNumberSchema = z.object({
  kind: z.enum(phoneNumberKinds),
  /** E.164 with +. */
  number: z.string(),
  /** The same, as people write it: in groups. */
  shown: z.string(),
});

/** Somebody in a phone book, as SQL keeps it. */
export const contactSchema = z.object({
  name: z.string(),
  company: z.string().optional(),
  email: z.string().optional(),
  numbers: z.array(contactNumberSchema),
});
export type Contact = z.infer<typeof contactSchema>;

/** A contact as a file has it. */
export interface RawContact {
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
  readonly name: string;
  readonly company: string;
  readonly email: string;
  readonly numbers: readonly RawNumber[];
}

export interface RawNumber {
  readonly line: number;
  readonly kind: Contact['numbers'][number]['kind'];
  readonly text: string;
}

/** Why something of a file cannot be taken. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

/** What a file holds. */
export interface Parsed {
  readonly contacts: readonly RawContact[];
  readonly problems: readonly Problem[];
}
