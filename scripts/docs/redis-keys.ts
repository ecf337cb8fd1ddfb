import { createKeys, keySpace } from '#shared/redis/keys.ts';

/** `docs/redis-keys.md`. */
export function redisKeysPage(): string {
  const keys = createKeys('<meshId>');
  return [
    '# Redis keys',
    '',
    'The part in braces decides the slot, and the keys of one script share it. Nothing is counted up and',
    'down: what a server holds expires, or is removed by the reaper of its incarnation. *Signed* values are checked by whoever reads them, so that',
    'the password of Redis alone is not enough to change what servers believe.',
    '',
    '| key | type | value | expiry | meaning |',
    '|---|---|---|---|---|',
    ...Object.entries(keySpace).map(([name, { args, type, value, expiry, meaning }]) => {
      const key = (keys[name as keyof typeof keys] as (...given: string[]) => string)(...args.map((arg) => `<${arg}>`));
      return `| \`${key}\` | ${type} | ${value} | ${expiry} | ${meaning} |`;
    }),
    '',
  ].join('\n');
}
