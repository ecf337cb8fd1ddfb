/** Words that stand for nothing; the field has a word for everything. */
const empty = new Set(['manager', 'managers', 'helper', 'helpers', 'util', 'utils', 'data', 'info', 'misc', 'common']);

/** Whether a file or folder of this path is named by a word that says nothing. */
export function namesOutOfPlace(path: string): boolean {
  return path
    .replace(/\.[a-z]+$/, '')
    .split(/[/._-]/)
    .some((word) => empty.has(word.toLowerCase()));
}

/** Whether the text spells the beginning of a Redis key. */
export function spellsRedisKey(source: string): boolean {
  return /['"`]uc:/.test(source);
}
