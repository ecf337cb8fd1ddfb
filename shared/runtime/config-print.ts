import { stringify } from 'yaml';
import * as z from 'zod';
import { type Setting, settingsOf, shapeOf, unwrap } from './config-schema.ts';

/**
 * A configuration file to start from: every setting with its sentence; those that must be given stand open, the others are
 * commented out with their default.
 */
export function printSampleConfig(schema: z.ZodObject): string {
  const lines: string[] = [];
  const print = (shape: Readonly<Record<string, z.core.$ZodType>>, indent: string, insideOptional: boolean) => {
    for (const [key, child] of Object.entries(shape)) {
      const { inner, optional, defaultValue, description } = unwrap(child);
      const open = !optional && !insideOptional;
      const mark = open ? '' : '# ';
      const childShape = shapeOf(inner);
      if (description) lines.push(`${indent}# ${description}`);
      if (childShape) {
        lines.push(`${indent}${mark}${key}:`);
        print(childShape, `${indent}  `, !open);
      } else if (open) {
        lines.push(`${indent}${key}: # required`);
      } else {
        lines.push(`${indent}# ${key}:${defaultValue === undefined ? '' : ` ${oneLine(defaultValue)}`}`);
      }
      if (indent === '') lines.push('');
    }
  };
  print(shapeOf(schema) ?? {}, '', false);
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The manual in Markdown: one table per section, in the order of declaration. */
export function printConfigManual(schema: z.ZodObject): string {
  const settings = settingsOf(schema);
  const parts: string[] = [];
  for (const [section, child] of Object.entries(shapeOf(schema) ?? {})) {
    parts.push(`## ${section}`, '');
    const { description } = unwrap(child);
    if (description && shapeOf(child)) parts.push(description, '');
    parts.push('| setting | value | default | variable | meaning |', '|---|---|---|---|---|');
    for (const setting of settings.filter(({ path }) => path[0] === section)) parts.push(manualRow(setting));
    parts.push('');
  }
  return parts.join('\n');
}

function manualRow(setting: Setting): string {
  const { path, variable, optional, defaultValue, description = '' } = setting;
  const byDefault = defaultValue !== undefined ? `\`${oneLine(defaultValue)}\`` : optional ? '–' : '**required**';
  const meaning = setting.secret ? `${description} Secret.` : description;
  return `| ${[`\`${path.join('.')}\``, kindOf(setting), byDefault, `\`${variable}\``, meaning].map(inCell).join(' | ')} |`;
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function oneLine(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

/** What may stand there, in words: `whole number 0–65535`, `one of json, text`, `text`. */
function kindOf({ schema }: Setting): string {
  const { type, format, enum: values, minimum, maximum, items } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  if (values) return `one of ${values.map(String).join(', ')}`;
  switch (type) {
    case 'integer':
    case 'number':
      return `${type === 'integer' ? 'whole number' : 'number'}${rangeOf(minimum, maximum)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return typeof items === 'object' && !Array.isArray(items) && items.type === 'object' ? 'list of objects' : 'list';
    case 'object':
      return 'object';
    default:
      return format === 'uri' ? 'URL' : 'text';
  }
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (low === undefined && high === undefined) return '';
  return high === undefined ? ` ≥ ${low}` : low === undefined ? ` ≤ ${high}` : ` ${low}–${high}`;
}
