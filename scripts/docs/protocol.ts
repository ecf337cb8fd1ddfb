import { closeCodes } from '#shared/protocol/close-codes.ts';
import { subprotocol, wireLimits } from '#shared/protocol/envelope.ts';
import { errorCodes } from '#shared/protocol/errors.ts';
import { events, methods } from '#shared/protocol/index.ts';
import type { EventShape, Method } from '#shared/protocol/methods.ts';
import { typeText } from './type-text.ts';

const featureOf = (name: string) => name.slice(0, name.indexOf('.'));

/** `docs/protocol.md`. */
export function protocolPage(): string {
  const features = [...new Set([...Object.keys(methods), ...Object.keys(events)].map(featureOf))];
  return [
    '# Client protocol',
    '',
    `WebSocket path \`/ws\`, subprotocol \`${subprotocol}\`, JSON text frames of at most ${wireLimits.messageBytes} bytes.`,
    '',
    '- request `{"id", "method", "params"}`, answer `{"id", "result"}` or `{"id", "error": {code, message, field?, retryable, retryAfterMs?, details?}}`',
    '- events `{"events": [{"event", …}, …]}`',
    `- the first message is \`session.open\`, within ${wireLimits.openWithinMs / 1000} s; then \`session.ping\` every ${wireLimits.pingEveryMs / 1000} s`,
    '- *act*: changes something; carries a client-made id (`actId`, `entryId`) and may be sent again with it',
    '- `‹a…b›` after a type is its range: of a number, of the length of a string (UTF-16 units) or of an array',
    '- an unknown field in a request is an error naming it; clients ignore fields and events they do not know',
    '',
    'Errors and close codes are in [errors.md](errors.md).',
    ...features.flatMap((feature) => [
      '',
      `## ${feature}`,
      ...entriesOf(methods, feature).flatMap(([name, method]) => methodSection(name, method)),
      ...entriesOf(events, feature).flatMap(([name, event]) => eventSection(name, event)),
    ]),
    '',
  ].join('\n');
}

const entriesOf = <T>(registry: Readonly<Record<string, T>>, feature: string) =>
  Object.entries(registry).filter(([name]) => featureOf(name) === feature);

function methodSection(name: string, { about, params, result, act, beforeSession }: Method): string[] {
  const marks = [act && 'act', beforeSession && 'before a session is open'].filter(Boolean).join(', ');
  return [
    ...['', `### ${name}${marks ? ` (${marks})` : ''}`, '', about, ''],
    ...['```ts', `params: ${typeText(params, 'input')}`, `result: ${typeText(result, 'output')}`, '```'],
  ];
}

function eventSection(name: string, { about, fields }: EventShape): string[] {
  return ['', `### event ${name}`, '', about, '', '```ts', typeText(fields, 'output'), '```'];
}

/** `docs/errors.md`. */
export function errorsPage(): string {
  return [
    '# Errors and close codes',
    '',
    'Errors are the same over WebSocket and HTTP. *Again*: the same request may be sent again (with the same act id).',
    '',
    '| code | HTTP | again | meaning |',
    '|---|---|---|---|',
    ...Object.entries(errorCodes).map(
      ([code, { http, retryable, meaning }]) => `| \`${code}\` | ${http} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
    ),
    '',
    '## Close codes of the WebSocket',
    '',
    'What a client does then: *now* connects again at once with jitter, *later* waits and backs off, *signIn* asks for a password, *stop* gives up and says why.',
    '',
    '| code | name | client | meaning |',
    '|---|---|---|---|',
    ...Object.entries(closeCodes).map(
      ([name, { code, reconnect, meaning }]) => `| ${code} | ${name} | ${reconnect} | ${meaning} |`,
    ),
    '',
  ].join('\n');
}
