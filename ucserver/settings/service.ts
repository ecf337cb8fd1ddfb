import { type ActId, randomId, type ServerId, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Setting } from '#shared/protocol/settings.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Database, type Replica, replicaParts } from '../database/index.ts';
import type { SettingDefinition } from './definition.ts';
import { type SettingRow, settingProcedures } from './repository.ts';

export type SettingScope = 'global' | ServerId;

export interface SettingsOptions {
  readonly database: Database;
  readonly replica: Replica;
  readonly serverId: ServerId;
  /** All settings of all features. */
  readonly definitions: readonly SettingDefinition<unknown>[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SettingRequest {
  readonly actId: ActId;
  readonly actor: UserId;
  readonly key: string;
  readonly scope: SettingScope;
  /** JSON; null: back to the default. */
  readonly value: unknown;
  /** The version that was read; 0: none. */
  readonly version: number;
  readonly from?: string | undefined;
}

/** The settings of the company and of each server: in memory, the same on all servers within a second of a change. */
export class Settings {
  readonly #options: SettingsOptions;
  readonly #definitions: ReadonlyMap<string, SettingDefinition<unknown>>;
  readonly #listeners = new Set<(keys: readonly string[]) => void>();
  #inForce: ReadonlyMap<string, unknown>;

  constructor(options: SettingsOptions) {
    this.#options = options;
    this.#definitions = new Map(options.definitions.map((definition) => [definition.key, definition]));
    if (this.#definitions.size < options.definitions.length) throw new Error('two settings have the same key');
    this.#inForce = this.#resolveAll();
    options.replica.onChange(replicaParts.settings, () => this.#refresh());
  }

  /** The value in force on this server: its own, else the company's, else the default. */
  get<T>(definition: SettingDefinition<T>): T {
    if (!this.#definitions.has(definition.key)) throw new Error(`the setting ${definition.key} is not registered`);
    return this.#inForce.get(definition.key) as T;
  }

  /** Tells the keys whose value in force on this server has changed. Answers how to stop listening. */
  onChange(listener: (keys: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Values in force of the settings that clients need. */
  clientValues(): Record<string, unknown> {
    const visible = [...this.#definitions.values()].filter(({ clientVisible }) => clientVisible);
    return Object.fromEntries(visible.map(({ key }) => [key, this.#inForce.get(key)]));
  }

  isClientVisible(key: string): boolean {
    return this.#definitions.get(key)?.clientVisible === true;
  }

  /** All settings as they stand in a scope. */
  list(scope: SettingScope): Setting[] {
    return [...this.#definitions.values()].map((definition) => this.#describe(definition, scope));
  }

  /**
   * Changes a setting; answers when this server has it in force.
   * @throws UCError NOT_FOUND, BAD_REQUEST naming the wrong part, VERSION_CONFLICT with what stands there now, STORAGE_UNAVAILABLE
   */
  async set({ actId, actor, key, scope, value, version, from }: SettingRequest): Promise<Setting> {
    const definition = this.#definitions.get(key);
    if (definition === undefined) throw new UCError('NOT_FOUND', `There is no setting ${key}.`, { field: 'params.key' });
    const { database, replica, clock } = this.#options;
    const at = clock.wallMs();
    const text = value === null ? null : JSON.stringify(checked(definition, value));
    const row: SettingRow = { scope, setting_key: key, value: text, version, author_id: actor, changed_at: at };
    const change = {
      act: { actorId: actor, actId, method: 'settings.set', at },
      row,
      audit: { id: randomId(), from },
    };
    await database.run(settingProcedures.set, change);
    await replica.refresh();
    return this.#describe(definition, scope);
  }

  #describe(definition: SettingDefinition<unknown>, scope: SettingScope): Setting {
    const own = this.#row(scope, definition.key);
    const global = scope === 'global' ? own : this.#row('global', definition.key);
    const holder = [own, global].find((row) => row !== undefined && row.value !== null);
    return {
      key: definition.key,
      about: definition.about,
      value: this.#resolve(definition, scope),
      default: definition.default,
      source: holder === undefined ? 'default' : (holder.scope as SettingScope),
      version: own?.version ?? 0,
      author: (own?.author_id as UserId | undefined) ?? null,
      at: own?.changed_at ?? null,
      needsRestart: definition.needsRestart,
    };
  }

  #row(scope: SettingScope, key: string): SettingRow | undefined {
    const rows = this.#options.replica.items(replicaParts.settings).get(scope);
    return rows?.find(({ setting_key }) => setting_key === key);
  }

  #resolve(definition: SettingDefinition<unknown>, scope: SettingScope): unknown {
    const scopes: readonly SettingScope[] = scope === 'global' ? ['global'] : [scope, 'global'];
    for (const each of scopes) {
      const stored = this.#row(each, definition.key)?.value;
      if (stored === undefined || stored === null) continue;
      const parsed = definition.schema.safeParse(JSON.parse(stored));
      if (parsed.success) return parsed.data;
      // Another version of ucmesh wrote it; what this one does not understand does not count.
      this.#options.logger.warn('a stored setting is not valid here', { key: definition.key, scope: each });
    }
    return definition.default;
  }

  #resolveAll(): ReadonlyMap<string, unknown> {
    const { serverId } = this.#options;
    return new Map([...this.#definitions].map(([key, definition]) => [key, this.#resolve(definition, serverId)]));
  }

  #refresh(): void {
    const before = this.#inForce;
    this.#inForce = this.#resolveAll();
    const changed = [...this.#inForce].filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before.get(key)));
    if (changed.length === 0) return;
    const keys = changed.map(([key]) => key);
    for (const listener of [...this.#listeners]) listener(keys);
  }
}

function checked(definition: SettingDefinition<unknown>, value: unknown): unknown {
  const parsed = definition.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = ['params.value', ...(issue?.path ?? [])].join('.');
  throw new UCError('BAD_REQUEST', issue?.message, { field });
}
