import type { Snippet } from '#shared/protocol/chat-search.ts';

export interface SnippetPiece {
  readonly text: string;
  readonly isMarked: boolean;
  /** Where it begins; tells pieces of one snippet apart. */
  readonly at: number;
}

/** A snippet cut at its marks. Joined, the pieces are its text again. */
export function snippetPieces({ text, marks }: Snippet): SnippetPiece[] {
  const pieces: SnippetPiece[] = [];
  let end = 0;
  const add = (to: number, isMarked: boolean) => {
    if (to > end) pieces.push({ text: text.slice(end, to), isMarked, at: end });
    end = Math.max(end, to);
  };
  for (const [from, to] of marks) {
    add(from, false);
    add(to, true);
  }
  add(text.length, false);
  return pieces;
}
