import * as z from 'zod';
import { type MethodName, methods } from '#shared/protocol/index.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** One wrong input: what to send and which field the answer must name. */
export interface WrongInput {
  readonly what: string;
  readonly params: unknown;
  readonly field: string;
}

const idPattern = '^[A-Za-z0-9_-]+$';

/** What JSON Schema cannot say of some fields. */
const rightValues: Readonly<Record<string, unknown>> = { emoji: '👍', digits: '123' };

/** A value that the schema takes. */
function example(schema: JsonSchema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return example(choice as JsonSchema);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [
          name,
          rightValues[name] ?? example((schema.properties?.[name] ?? {}) as JsonSchema),
        ]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => example(schema.items as JsonSchema));
    case 'string':
      return schema.pattern === idPattern ? 'abc' : 'a'.repeat(Math.max(3, schema.minLength ?? 0));
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** For each field: a value of a type it never has; too long a value where there is a limit; and an unknown field for the whole. */
export function wrongInputs(method: MethodName): WrongInput[] {
  const schema = z.toJSONSchema(methods[method].params, { io: 'input', unrepresentable: 'any' });
  const right = example(schema) as Record<string, unknown>;
  const wrong: WrongInput[] = [
    { what: 'an unknown field', params: { ...right, surplus: 1 }, field: 'params.surplus' },
    { what: 'no object', params: 'text', field: 'params' },
    { what: 'a list', params: [], field: 'params' },
  ];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const field = `params.${name}`;
    if (takesAnything(property as JsonSchema)) continue;
    wrong.push({ what: `a wrong type of ${name}`, params: { ...right, [name]: wrongType(property as JsonSchema) }, field });
    for (const tooLong of tooLongValues(property as JsonSchema)) {
      wrong.push({ what: `too long a ${name}`, params: { ...right, [name]: tooLong }, field });
    }
  }
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = right;
    wrong.push({ what: `no ${name}`, params: rest, field: `params.${name}` });
  }
  return wrong;
}

function takesAnything({ type, anyOf, enum: values, const: constant, oneOf }: JsonSchema): boolean {
  return type === undefined && anyOf === undefined && values === undefined && constant === undefined && oneOf === undefined;
}

function wrongType(schema: JsonSchema): unknown {
  return schema.type === 'boolean' ? 'yes' : true;
}

function tooLongValues(schema: JsonSchema): unknown[] {
  if (schema.type === 'string' && schema.maxLength !== undefined) return ['a'.repeat(schema.maxLength + 1)];
  if (schema.type === 'array' && schema.maxItems !== undefined) {
    return [Array.from({ length: schema.maxItems + 1 }, () => example(schema.items as JsonSchema))];
  }
  return [];
}
