import * as z from 'zod';

declare module 'zod' {
  interface GlobalMeta {
    /** The value never appears in logs, errors or answers. */
    secret?: boolean;
  }
}

/** Marks a setting as secret: `secret(z.string().min(16)).describe('…')`. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), secret: true });
}

/** One value that can be set: a leaf of the configuration. */
export interface Setting {
  /** Keys from the root, for example `['mesh', 'tls', 'cert']`. */
  readonly path: readonly string[];
  /** Variable of the environment that sets it, for example `UCMESH_MESH_TLS_CERT`. */
  readonly variable: string;
  readonly description: string | undefined;
  readonly secret: boolean;
  /** Neither it nor an object around it has to be given. */
  readonly optional: boolean;
  readonly defaultValue: unknown;
  readonly schema: z.core.$ZodType;
}

interface Unwrapped {
  readonly inner: z.core.$ZodType;
  readonly optional: boolean;
  readonly defaultValue: unknown;
  readonly description: string | undefined;
  readonly secret: boolean;
}

/** Takes off what is wrapped around a schema (default, optional, pipe …), collecting what the layers say. */
export function unwrap(schema: z.core.$ZodType): Unwrapped {
  let inner = schema;
  let optional = false;
  let defaultValue: unknown;
  let description: string | undefined;
  let isSecret = false;
  for (;;) {
    const meta = z.globalRegistry.get(inner);
    description ??= meta?.description;
    isSecret ||= meta?.secret === true;
    const { def } = inner._zod as z.core.$ZodTypes['_zod'];
    switch (def.type) {
      case 'default':
      case 'prefault':
        optional = true;
        defaultValue ??= def.defaultValue;
        inner = def.innerType;
        continue;
      case 'optional':
        optional = true;
        inner = def.innerType;
        continue;
      case 'nullable':
      case 'readonly':
      case 'nonoptional':
      case 'catch':
        inner = def.innerType;
        continue;
      case 'pipe':
        inner = def.in;
        continue;
      default:
        return { inner, optional, defaultValue, description, secret: isSecret };
    }
  }
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/**
 * The shape of an object schema, also of a wrapped one; undefined for everything else. Of a choice between objects it is the
 * settings of all of them, where those that not every one has need not be given.
 */
export function shapeOf(schema: z.core.$ZodType): Shape | undefined {
  const { def } = unwrap(schema).inner._zod as z.core.$ZodTypes['_zod'];
  if (def.type === 'object') return def.shape;
  if (def.type !== 'union' || !('discriminator' in def)) return undefined;
  return joinedShape(
    def.options.map((option) => shapeOf(option) ?? {}),
    String(def.discriminator),
  );
}

function joinedShape(shapes: readonly Shape[], discriminator: string): Shape {
  const kinds = shapes.map((shape) => shape[discriminator]).filter((kind) => kind !== undefined);
  const values = kinds.flatMap((kind) => (kind._zod as z.core.$ZodTypes['_zod']).values?.values().toArray() ?? []);
  const about = kinds.map((kind) => unwrap(kind).description).join(' ');
  const joined: Record<string, z.core.$ZodType> = { [discriminator]: z.enum(values.map(String)).describe(about) };
  for (const [key, child] of shapes.flatMap((shape) => Object.entries(shape))) {
    const everywhere = shapes.every((shape) => key in shape);
    joined[key] ??= everywhere ? child : z.optional(child as z.ZodType);
  }
  return joined;
}

/** All settings in the order in which they are declared. */
export function settingsOf(root: z.core.$ZodType): Setting[] {
  const settings: Setting[] = [];
  const visit = (schema: z.core.$ZodType, path: readonly string[], insideOptional: boolean) => {
    const { inner, optional, ...about } = unwrap(schema);
    const shape = shapeOf(inner);
    if (shape) {
      for (const [key, child] of Object.entries(shape)) visit(child, [...path, key], insideOptional || optional);
      return;
    }
    settings.push({ path, variable: variableOf(path), optional: insideOptional || optional, schema: inner, ...about });
  };
  visit(root, [], false);
  return settings;
}

/** `['http', 'publicUrl']` → `UCMESH_HTTP_PUBLIC_URL`. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase());
  return ['UCMESH', ...words].join('_');
}

/**
 * Joins the sections of a process to the schema of its configuration: each key is a section, each value the strict schema
 * that its feature owns.
 *
 * @throws Error when a setting has no description or two settings would be set by the same variable: mistakes of ours.
 */
export function defineConfig<Shape extends z.core.$ZodLooseShape>(sections: Shape): z.ZodObject<Shape, z.core.$strict> {
  const schema = z.strictObject(sections);
  const taken = new Map<string, string>();
  for (const { path, variable, description } of settingsOf(schema)) {
    const name = path.join('.');
    if (!description) throw new Error(`The setting ${name} has no description`);
    const other = taken.get(variable);
    if (other) throw new Error(`The settings ${other} and ${name} would both be set by ${variable}`);
    taken.set(variable, name);
  }
  return schema;
}

/** The configuration as it may be logged: secrets are replaced by `***`. */
export function withoutSecrets(schema: z.core.$ZodType, config: unknown): unknown {
  if (config === undefined || config === null) return config;
  const { inner, secret: isSecret } = unwrap(schema);
  if (isSecret) return '***';
  const shape = shapeOf(inner);
  if (shape && typeof config === 'object') {
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, shape[key] ? withoutSecrets(shape[key], value) : value]),
    );
  }
  const { def } = inner._zod as z.core.$ZodTypes['_zod'];
  if (def.type === 'array' && Array.isArray(config)) return config.map((item) => withoutSecrets(def.element, item));
  return config;
}
