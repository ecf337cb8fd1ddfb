import { errorsPage, protocolPage } from './protocol.ts';

/** The pages under `docs/` that are printed from code, by file name. */
export function printedPages(): Readonly<Record<string, string>> {
  return {
    'protocol.md': protocolPage(),
    'errors.md': errorsPage(),
  };
}
