import type * as z from 'zod';
import { meshContracts } from '#shared/mesh/contracts/index.ts';
import { typeText } from './type-text.ts';

/** What of a contract is printed; its types do not matter here. */
interface PrintedContract {
  readonly kind: 'event' | 'request';
  readonly name: string;
  readonly meaning: string;
  readonly lane?: string;
  readonly schema?: z.ZodType;
  readonly params?: z.ZodType;
  readonly result?: z.ZodType;
}

/** `docs/mesh.md`. */
export function meshPage(): string {
  return [
    '# Mesh: what servers tell each other',
    '',
    'Each server incarnation has one inbox. All that is for it within one turn of the event loop travels as one envelope, signed with',
    'HMAC-SHA-256 under a key derived from the mesh password, over the raw bytes: mesh id, sender, receiver, number, the sender’s monotonic',
    'milliseconds, payload. Envelopes hold at most 256 KiB. The number belongs to the stream of this sender to this receiver: a gap makes the',
    'receiver read the sender’s state again, a number that is not new is dropped. Readers ignore fields they do not know, so that two versions',
    'run side by side. The rules are in [rules.md](rules.md), section 2.',
    '',
    '*first* lane: sent and handled before the *second*. Requests always travel in the first.',
    ...Object.entries(meshContracts).flatMap(([feature, contracts]) => [
      '',
      `## ${feature}`,
      ...contracts.flatMap((contract) => contractSection(contract as unknown as PrintedContract)),
    ]),
    '',
  ].join('\n');
}

function contractSection({ kind, name, meaning, lane, schema, params, result }: PrintedContract): string[] {
  const types =
    kind === 'event'
      ? [schema ? typeText(schema, 'output') : 'unknown']
      : [
          `params: ${params ? typeText(params, 'output') : 'unknown'}`,
          `result: ${result ? typeText(result, 'output') : 'unknown'}`,
        ];
  return ['', `### ${kind} ${name}${lane === 'second' ? ' (second lane)' : ''}`, '', meaning, '', '```ts', ...types, '```'];
}
