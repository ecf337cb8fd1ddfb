import type { Mark, TextChange } from './text-marks.ts';

/** Changes what stands in a field as if it had been typed, so that the browser can undo it and the page hears of it. */
export function applyChange(field: HTMLTextAreaElement, { from, to, insert, start, end }: TextChange): void {
  field.focus();
  field.setSelectionRange(from, to);
  // The only way to change a field that keeps the browser's own undo; where it is gone, the field still changes.
  if (!document.execCommand(insert === '' ? 'delete' : 'insertText', false, insert)) {
    field.setRangeText(insert, from, to);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }
  field.setSelectionRange(start, end);
}

/** Puts a text where the cursor is. */
export function insertText(field: HTMLTextAreaElement, insert: string): void {
  const { selectionStart: from, selectionEnd: to } = field;
  applyChange(field, { from, to, insert, start: from + insert.length, end: from + insert.length });
}

interface Keys {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const letters: Readonly<Record<string, Mark>> = { b: 'bold', i: 'italic', e: 'code' };
const digits: Readonly<Record<string, Mark>> = { Digit7: 'numbers', Digit8: 'bullets', Digit9: 'quote' };

/** The mark that keys ask for. */
export function markOf({ key, code, ctrlKey, metaKey, shiftKey, altKey }: Keys): Mark | undefined {
  if (!(ctrlKey || metaKey) || altKey) return undefined;
  return shiftKey ? digits[code] : letters[key.toLowerCase()];
}
