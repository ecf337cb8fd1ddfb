import { sippAnswers } from '#test/support/sip/sipp.ts';
import { atLeast, atMost, type Bench } from './bench.ts';
import { type Figures, medians, rounded } from './figures.ts';
import { makeCalls } from './load/calls.ts';
import { cpuSeconds } from './process-usage.ts';
import { bareCalls, type CallBenchStage, productCalls } from './stage/call-stage.ts';

const holdMs = 200;
/** Calls per second at which CPU is measured, on whatever machine. */
const quietRate = 40;
const growth = 1.3;
const stepSeconds = 3;

type Place = (answering: number) => Promise<CallBenchStage>;

async function measure(place: Place, large: boolean): Promise<Figures> {
  const answering = await sippAnswers('udp');
  try {
    await using stage = await place(answering.port);
    const { listener: to, user, caller, pids } = stage;
    const load = (perSecond: number, calls: number) => makeCalls({ to, user, caller, perSecond, calls, holdMs });
    await load(quietRate, quietRate);
    const before = cpuSeconds(pids);
    const calls = quietRate * (large ? 60 : 6);
    const { connected } = await load(quietRate, calls);
    const cpuMsPerCall = ((cpuSeconds(pids) - before) * 1_000) / calls;
    let perSecond = quietRate;
    for (let rate = quietRate; ; rate = Math.ceil(rate * growth)) {
      const { failed, repeated } = await load(rate, rate * stepSeconds);
      if (failed + repeated > 0) break;
      perSecond = rate;
    }
    return { cpuMsPerCall, failed: calls - connected, perSecond };
  } finally {
    await answering.end();
  }
}

const named = (figures: Figures, prefix: string): Figures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [`${prefix}${name[0]?.toUpperCase()}${name.slice(1)}`, value]),
  );

export const sipCalls: Bench = {
  name: 'sip-calls',
  about:
    'calls of 200 ms between phones of one server and of two: CPU of each call, and the highest rate without loss or repetition',
  async run({ large, rounds }) {
    const measured: { product: Figures[]; floor: Figures[] } = { product: [], floor: [] };
    for (let round = 1; round <= rounds; round += 1) {
      for (const [kind, place] of [
        ['floor', bareCalls],
        ['product', productCalls],
      ] as const) {
        const one = await measure((answering) => place(1, answering), large);
        const two = await measure((answering) => place(2, answering), large);
        const figures = { ...named(one, 'one'), ...named(two, 'two') };
        console.error(
          `round ${round} ${kind.padEnd(7)} ${Object.entries(figures)
            .map(([name, value]) => `${name} ${rounded(value)}`)
            .join(', ')}`,
        );
        measured[kind].push(figures);
      }
    }
    const [figures, floor] = [medians(measured.product), medians(measured.floor)];
    const times = (name: string) => (figures[name] ?? Number.NaN) / (floor[name] ?? Number.NaN);
    return {
      bench: this.name,
      figures,
      floor,
      targets: [
        atMost('CPU per call on one server / bare program', times('oneCpuMsPerCall'), 2),
        atMost('CPU per call on two servers / two bare programs', times('twoCpuMsPerCall'), 2),
        atLeast('highest rate on one server / bare program', times('onePerSecond'), 0.5),
        atLeast('highest rate on two servers / two bare programs', times('twoPerSecond'), 0.5),
      ],
    };
  },
};
