import { configurationPage } from './configuration.ts';
import { meshPage } from './mesh.ts';
import { errorsPage, protocolPage } from './protocol.ts';
import { redisKeysPage } from './redis-keys.ts';
import { rightsPage } from './rights.ts';

/** The pages under `docs/` that are printed from code, by file name. */
export function printedPages(): Readonly<Record<string, string>> {
  return {
    'protocol.md': protocolPage(),
    'errors.md': errorsPage(),
    'mesh.md': meshPage(),
    'redis-keys.md': redisKeysPage(),
    'configuration.md': configurationPage(),
    'rights.md': rightsPage(),
  };
}
