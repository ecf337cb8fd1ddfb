import { Headers } from '../message/message.ts';
import { headerName } from '../message/names.ts';

/** A frame of an application: tokens, and a SIP message as far as it has made one. */
export interface Command {
  /** Repeated in the answer. */
  readonly id: string;
  /** `authenticate`, `route`, `remove_route`, `ping`, `sip`, `proxy`. */
  readonly name: string;
  /** What follows the name. */
  readonly tokens: readonly string[];
  /** Start line and what follows; empty when there is none. */
  readonly text: string;
}

/** @returns undefined when it is no command */
export function parseCommand(payload: string): Command | undefined {
  const end = payload.indexOf('\r\n');
  const [id, name, ...tokens] = (end < 0 ? payload : payload.slice(0, end)).split('|');
  if (id === undefined || id === '' || name === undefined) return undefined;
  return { id, name, tokens, text: end < 0 ? '' : payload.slice(end + 2) };
}

/** A message as an application writes it: names in any case, whatever order, most headers still missing. */
export interface Draft {
  readonly startLine: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Reads what an application wants to send. Headers with illegal names are dropped. */
export function parseDraft(text: string): Draft {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = (end < 0 ? text : text.slice(0, end)).replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = colon > 0 ? headerName(line.slice(0, colon).trim()) : undefined;
    if (name !== undefined)
      headers.add(
        name,
        line
          .slice(colon + 1)
          .replace(/[\r\n\0]/g, ' ')
          .trim(),
      );
  }
  return { startLine, headers, body: end < 0 ? '' : text.slice(end + 4) };
}

/** `<method> <uri> SIP/2.0` of a draft. */
export function draftRequestLine({ startLine }: Draft): { readonly method: string; readonly uri: string } | undefined {
  const match = /^([\w\-.!%*+`'~]+) (\S+) SIP\/2\.0$/.exec(startLine);
  return match === null ? undefined : { method: match[1] ?? '', uri: match[2] ?? '' };
}

/** `SIP/2.0 <status> <reason>` of a draft. */
export function draftStatusLine({ startLine }: Draft): { readonly status: number; readonly reason: string } | undefined {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/.exec(startLine);
  return match === null ? undefined : { status: Number(match[1]), reason: match[2] ?? '' };
}
