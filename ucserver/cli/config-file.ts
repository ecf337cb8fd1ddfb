import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig, parseConfig } from '#shared/runtime/config.ts';
import { type Config, configSchema } from '../config.ts';

/** @throws ConfigError listing every problem. */
export function readConfig(file: string): Config {
  return loadConfig(configSchema, { file, environment: process.env });
}

/**
 * Checks the values and writes them, readable by the owner alone, because secrets are among them.
 *
 * @throws ConfigError when they would not do.
 * @throws Error when the file exists and `force` is not given.
 */
export function writeConfig(file: string, values: Readonly<Record<string, unknown>>, force: boolean): Config {
  const yaml = `# ucmesh: every setting, its meaning and default are in docs/configuration.md.\n${stringify(values, { lineWidth: 0 })}`;
  const config = parseConfig(configSchema, yaml);
  if (existsSync(file) && !force) throw new Error(`${resolve(file)} exists already; give --force to replace it`);
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, yaml, { mode: 0o600 });
  return config;
}
