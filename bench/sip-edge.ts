import { sippAnswers, sippCalls } from '#test/support/sip/sipp.ts';
import { parseMessage } from '../sipedge/message/parser.ts';
import type { Bench } from './bench.ts';
import { type Figures, medians, rounded } from './figures.ts';
import { cpuSeconds } from './process-usage.ts';
import { type SipStage, sipFloorStage } from './stage/sip-stage.ts';

const invite = `INVITE sip:uas@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5239;branch=z9hG4bK-17281-1-0;rport\r\nFrom: <sip:alice@127.0.0.1:5239>;tag=17281t1\r\nTo: <sip:uas@127.0.0.1:5060>\r\nCall-ID: 1-17281@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5239>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: 129\r\n\r\n${'v=0\r\n'.padEnd(129, 'x')}`;

/** CPU of both processes for each call, in ms. */
async function calls(stage: SipStage, name: string, rate: number, seconds: number): Promise<Figures> {
  const to = stage.listener;
  await sippCalls({ protocol: 'udp', rate: rate / 2, calls: rate, holdMs: 200, to });
  const before = { app: cpuSeconds([stage.applicationPid]), edge: cpuSeconds([stage.edgePid]) };
  const count = rate * seconds;
  const { successful, retransmissions } = await sippCalls({ protocol: 'udp', rate, calls: count, holdMs: 200, to });
  return {
    [`${name}ApplicationMs`]: ((cpuSeconds([stage.applicationPid]) - before.app) * 1_000) / count,
    [`${name}EdgeMs`]: ((cpuSeconds([stage.edgePid]) - before.edge) * 1_000) / count,
    [`${name}Failed`]: count - successful,
    [`${name}Retransmissions`]: retransmissions,
  };
}

function parsing(): Figures {
  const rounds = 20_000;
  for (let index = 0; index < rounds; index += 1) parseMessage(invite);
  const begin = performance.now();
  for (let index = 0; index < rounds; index += 1) parseMessage(invite);
  return { parseInviteUs: ((performance.now() - begin) * 1_000) / rounds };
}

async function measure(seconds: number): Promise<Figures> {
  const answered = await (async () => {
    await using stage = await sipFloorStage('answer');
    return await calls(stage, 'answered', 300, seconds);
  })();
  const answering = await sippAnswers('udp');
  try {
    await using stage = await sipFloorStage('connect', `sip:service@127.0.0.1:${answering.port}`);
    return { ...parsing(), ...answered, ...(await calls(stage, 'connected', 150, seconds)) };
  } finally {
    await answering.end();
  }
}

export const sipEdge: Bench = {
  name: 'sip-edge',
  about: 'bare programs on the SIP edge: how much CPU does an answered call cost (300/s), and one back to back (150/s)?',
  async run({ large, rounds }) {
    const measured: Figures[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const figures = await measure(large ? 60 : 8);
      console.error(
        `round ${round} ${Object.entries(figures)
          .map(([name, value]) => `${name} ${rounded(value)}`)
          .join(', ')}`,
      );
      measured.push(figures);
    }
    // This is the floor of the benches of calls; it has none of its own.
    return { bench: this.name, figures: medians(measured), floor: {}, targets: [] };
  },
};
