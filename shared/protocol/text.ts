import * as z from 'zod';

/** Text of people: well-formed UTF-16 without U+0000, because some databases cannot keep either. Lengths count UTF-16 units. */
export const text = (minUnits: number, maxUnits: number) =>
  z
    .string()
    .min(minUnits)
    .max(maxUnits)
    // `max` counts code points, of which one can be two units.
    .superRefine((input, context) => {
      if (input.length <= maxUnits) return;
      const message = `must have at most ${maxUnits} UTF-16 units`;
      context.addIssue({ code: 'too_big', origin: 'string', maximum: maxUnits, inclusive: true, input, message });
    })
    .refine((value) => !value.includes('\u0000'), 'must not hold U+0000')
    .refine((value) => value.isWellFormed(), 'must not hold a lone surrogate');

/** A point in time: milliseconds since 1970 (UTC). */
export const timestamp = z.int().min(0).max(8_640_000_000_000_000);
