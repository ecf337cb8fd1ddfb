import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { type Setting, settingsOf, shapeOf, unwrap } from './config-schema.ts';

export { defineConfig, secret, withoutSecrets } from './config-schema.ts';

/** Variables that begin like settings but are none: they steer commands and tests. */
const otherVariables = /^UCMESH_(CONFIG$|TEST_|SETUP_)/;

/** What is wrong with one setting. */
export interface ConfigProblem {
  /** Keys joined by dots, for example `mesh.tls.cert`; empty when it concerns the whole file. */
  readonly path: string;
  readonly message: string;
}

/** The configuration cannot be used. Holds all problems, not just the first; a main program prints it and exits with 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** What the process is to exit with. */
  readonly exitCode = 2;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path ? `${path}: ` : ''}${message}`);
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** Path of the YAML file; without one only the environment is read. */
  readonly file?: string | undefined;
  /** Variables `UCMESH_<SECTION>_<SETTING>` win over the file; empty ones count as not set. Usually `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads and checks the configuration of a process.
 *
 * @throws ConfigError listing every unknown key, wrong value and contradiction at once. Values are not repeated in it, so
 *   that no secret gets into a log.
 */
export function loadConfig<S extends z.ZodObject>(schema: S, { file, environment = {} }: ConfigSources): z.output<S> {
  if (file === undefined) return parseConfig(schema, '', environment);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([{ path: '', message: `cannot read ${file}: ${(error as Error).message}` }]);
  }
  return parseConfig(schema, text, environment);
}

/** Like {@link loadConfig}, for YAML that is already in memory. */
export function parseConfig<S extends z.ZodObject>(
  schema: S,
  yaml: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): z.output<S> {
  const problems: ConfigProblem[] = [];
  const input = parseYaml(yaml, problems);
  const settings = settingsOf(schema);
  const fromEnvironment = applyEnvironment(input, settings, environment, problems);
  addMissingSections(schema, input);

  const first = schema.safeParse(input);
  if (first.success && problems.length === 0) return first.data;
  const issues = [...(first.error?.issues ?? [])];
  // A check across settings is not run on an object that is wrong in itself: look again without unknown keys, and with the
  // default in place of wrong values that have one, so that contradictions are listed as well.
  const withDefault = new Set(
    settings.filter(({ defaultValue }) => defaultValue !== undefined).map(({ path }) => path.join('.')),
  );
  const removable = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key]);
    return withDefault.has(issue.path.map(String).join('.')) ? [issue.path] : [];
  });
  if (removable.length > 0) {
    for (const path of removable) removeAt(input, path);
    const listed = new Set(issues.map(identify));
    issues.push(...(schema.safeParse(input).error?.issues.filter((issue) => !listed.has(identify(issue))) ?? []));
  }
  problems.push(...issues.flatMap((issue) => describe(issue, fromEnvironment)));
  throw new ConfigError(problems);
}

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseYaml(text: string, problems: ConfigProblem[]): Tree {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  for (const { message, pos } of document.errors) {
    const { line, col } = lines.linePos(pos[0]);
    problems.push({ path: '', message: `line ${line}, column ${col}: ${message}` });
  }
  if (document.errors.length > 0) return {};
  const value: unknown = document.toJS() ?? {};
  if (isTree(value)) return value;
  problems.push({ path: '', message: 'the file must hold sections with settings' });
  return {};
}

/** Puts the values of variables in their places; answers which settings came that way. */
function applyEnvironment(
  input: Tree,
  settings: readonly Setting[],
  environment: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): ReadonlyMap<string, string> {
  const byVariable = new Map(settings.map((setting) => [setting.variable, setting]));
  const applied = new Map<string, string>();
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('UCMESH_') || otherVariables.test(variable) || text === undefined || text === '') continue;
    const setting = byVariable.get(variable);
    if (!setting) {
      problems.push({ path: variable, message: 'there is no setting for this variable of the environment' });
      continue;
    }
    let parent = input;
    for (const key of setting.path.slice(0, -1)) {
      const child = parent[key];
      const next: Tree = isTree(child) ? child : {};
      parent[key] = next;
      parent = next;
    }
    parent[setting.path.at(-1) as string] = fromText(setting, text);
    applied.set(setting.path.join('.'), variable);
  }
  return applied;
}

/** A variable holds text: settings that are texts get it as it is, all others what YAML reads in it. */
function fromText({ schema }: Setting, text: string): unknown {
  const { def } = schema._zod as z.core.$ZodTypes['_zod'];
  if (def.type === 'string' || def.type === 'enum') return text;
  const document = parseDocument(text, { prettyErrors: false });
  return document.errors.length > 0 ? text : document.toJS();
}

/** A section that is left out is the same as an empty one, so that what it lacks is named setting by setting. */
function addMissingSections(schema: z.core.$ZodType, input: Tree): void {
  for (const [key, child] of Object.entries(shapeOf(schema) ?? {})) {
    if (!shapeOf(child) || unwrap(child).optional) continue;
    input[key] ??= {};
    if (isTree(input[key])) addMissingSections(child, input[key]);
  }
}

function removeAt(input: Tree, path: readonly PropertyKey[]): void {
  let parent: unknown = input;
  for (const key of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[key];
  if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, path.at(-1) as PropertyKey);
}

function identify(issue: z.core.$ZodIssue): string {
  return JSON.stringify([issue.code, issue.path.map(String), issue.message]);
}

function describe(issue: z.core.$ZodIssue, fromEnvironment: ReadonlyMap<string, string>): ConfigProblem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'there is no such setting' }));
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const message = missing ? 'is missing' : issue.message.replace(/^Invalid input: /, '');
  const variable = fromEnvironment.get(path);
  return [{ path, message: variable ? `${message} (set by ${variable})` : message }];
}
