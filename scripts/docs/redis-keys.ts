import { keySpace } from '#shared/redis/keys.ts';

/** `docs/redis-keys.md`. */
export function redisKeysPage(): string {
  return [
    '# Redis keys',
    '',
    'Every key begins with `uc:<meshId>:`; the part in braces decides the slot, and the keys of one script share it. Nothing is counted up and',
    'down: what a server holds expires, or is removed by the reaper of its incarnation. *Signed* values are checked by whoever reads them, so that',
    'the password of Redis alone is not enough to change what servers believe.',
    '',
    '| key | type | value | expiry | meaning |',
    '|---|---|---|---|---|',
    ...Object.values(keySpace).map(({ suffix, args, type, value, expiry, meaning }) => {
      const key = (suffix as (...given: string[]) => string)(...args.map((name) => `<${name}>`));
      return `| \`${key}\` | ${type} | ${value} | ${expiry} | ${meaning} |`;
    }),
    '',
  ].join('\n');
}
