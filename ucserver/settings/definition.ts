import type * as z from 'zod';

/** A setting: owned by the feature that reads it, changed by administrators while the servers run. */
export interface SettingDefinition<T> {
  /** `feature.name`, at most 100 characters. */
  readonly key: string;
  /** One sentence for administrators. */
  readonly about: string;
  readonly schema: z.ZodType<T>;
  readonly default: T;
  /** The value is read at start only. */
  readonly needsRestart: boolean;
  /** Clients are told the value in force. */
  readonly clientVisible: boolean;
}

type Given<T> = Pick<SettingDefinition<T>, 'key' | 'about' | 'schema' | 'default'> &
  Partial<Pick<SettingDefinition<T>, 'needsRestart' | 'clientVisible'>>;

/** @example export const idleAfter = defineSetting({ key: 'presence.idleAfterMs', about: '…', schema: z.int().min(1000), default: 300_000 }); */
export function defineSetting<T>(given: Given<T>): SettingDefinition<T> {
  return { needsRestart: false, clientVisible: false, ...given };
}
