import * as z from 'zod';

/** The parts of JSON Schema (2020-12) that zod writes. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
  readonly default?: unknown;
}

/** A schema as a reader of the docs wants it: TypeScript-like, with ranges behind it. */
export function typeText(schema: z.ZodType, io: 'input' | 'output'): string {
  return render(z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema, '');
}

function render(schema: JsonSchema | boolean, indent: string): string {
  if (typeof schema === 'boolean') return 'unknown';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => render(choice, indent)).join(' | ');
  switch (schema.type) {
    case 'object':
      return renderObject(schema, indent);
    case 'array':
      return renderArray(schema, indent);
    case 'string':
      return `string${range(schema.minLength, schema.maxLength)}${schema.format ? ` (${schema.format})` : ''}`;
    case 'integer':
    case 'number':
      return `${schema.type}${range(schema.minimum, schema.maximum)}`;
    case undefined:
      return 'unknown';
    default:
      return String(schema.type);
  }
}

function renderArray(schema: JsonSchema, indent: string): string {
  if (schema.prefixItems) return `[${schema.prefixItems.map((item) => render(item, indent)).join(', ')}]`;
  const item = render(schema.items ?? true, indent);
  return `${/[| ]/.test(item) && !item.startsWith('{') ? `(${item})` : item}[]${range(schema.minItems, schema.maxItems)}`;
}

function renderObject(schema: JsonSchema, indent: string): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) {
    const values = schema.additionalProperties;
    return typeof values === 'object' && Object.keys(values).length > 0 ? `{ [key]: ${render(values, indent)} }` : '{}';
  }
  const inner = `${indent}  `;
  const lines = properties.map(([name, property]) => {
    const optional = schema.required?.includes(name) ? '' : '?';
    const fallback = property.default === undefined ? '' : `  // default ${JSON.stringify(property.default)}`;
    return `${inner}${name}${optional}: ${render(property, inner)}${fallback}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Bounds that say something: those of any integer or any time do not. */
function range(least?: number, most?: number): string {
  const bounded = most !== undefined && most < 8_640_000_000_000_000;
  if (!bounded && (least ?? 0) === 0) return '';
  return ` ‹${least ?? 0}…${bounded ? most : ''}›`;
}
