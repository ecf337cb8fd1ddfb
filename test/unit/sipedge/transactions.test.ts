import assert from 'node:assert/strict';
import { ManualClock } from '#test/support/manual-clock.ts';
import { AwaitedAck } from '../../../sipedge/dialog/awaited-ack.ts';
import { ReliableAnswers } from '../../../sipedge/dialog/reliable-answers.ts';
import type { ReceivedRequest, ReceivedResponse } from '../../../sipedge/message/message.ts';
import { parseMessage } from '../../../sipedge/message/parser.ts';
import { messageText, responseHeaders } from '../../../sipedge/message/writer.ts';
import { standardTimers } from '../../../sipedge/transaction/timers.ts';
import { Transactions } from '../../../sipedge/transaction/transactions.ts';
import type { Flow } from '../../../sipedge/transport/flow.ts';

const listener = { protocol: 'udp', host: '127.0.0.1', port: 5060, advertised: '127.0.0.1' } as const;

/** A flow that keeps what is sent, with when. */
function recordingFlow(clock: ManualClock, isReliable = false): Flow & { readonly sent: [ms: number, line: string][] } {
  const sent: [number, string][] = [];
  return {
    protocol: isReliable ? 'tcp' : 'udp',
    isReliable,
    remote: { address: '192.0.2.1', port: 5060 },
    listener,
    isOpen: true,
    sent,
    send: (text) => void sent.push([clock.monotonicMs(), text.slice(0, text.indexOf('\r\n'))]),
    toPort() {
      return this;
    },
    keepUntil: () => undefined,
  };
}

function request(method: string, branch = 'z9hG4bK1'): ReceivedRequest {
  const head = `Via: SIP/2.0/UDP 192.0.2.1;branch=${branch}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 ${method}`;
  const result = parseMessage(`${method} sip:c@d SIP/2.0\r\n${head}\r\n\r\n`);
  assert.ok(result.ok && result.value.start.kind === 'request');
  return { ...result.value, start: result.value.start };
}

function response(status: number, of: ReceivedRequest, tag = 't'): ReceivedResponse {
  const text = messageText({
    start: { kind: 'response', status, reason: '' },
    headers: responseHeaders(of.headers, tag),
    body: '',
  });
  const result = parseMessage(text);
  assert.ok(result.ok && result.value.start.kind === 'response');
  return { ...result.value, start: result.value.start };
}

describe('SIP transactions', () => {
  let clock: ManualClock;
  let transactions: Transactions;

  beforeEach(() => {
    clock = new ManualClock();
    transactions = new Transactions(clock, standardTimers);
  });
  afterEach(() => {
    transactions.stop();
    assert.equal(transactions.size, 0);
    assert.equal(clock.pendingTimers, 0);
  });

  /** Sends a request and notes what is told. */
  function send(method: string, flow: Flow) {
    const told: string[] = [];
    const made = request(method);
    const transaction = transactions.send(made, messageText(made), 'z9hG4bK1', flow, {
      onResponse: ({ start }) => told.push(String(start.status)),
      onFailure: (failure) => told.push(failure),
      onTerminated: () => told.push('terminated'),
    });
    return { told, made, transaction };
  }

  const times = (flow: { sent: [number, string][] }, line: RegExp) =>
    flow.sent.filter(([, text]) => line.test(text)).map(([ms]) => ms);

  it('client INVITE: repeats with timer A, fails with timer B', () => {
    const flow = recordingFlow(clock);
    const { told } = send('INVITE', flow);
    clock.advance(40_000);
    assert.deepEqual(times(flow, /^INVITE/), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert.deepEqual(told, ['terminated', 'timeout']);
  });

  it('client INVITE: acknowledges refusals for timer D, over streams not at all again', () => {
    const flow = recordingFlow(clock);
    const { told, made } = send('INVITE', flow);
    transactions.response(response(180, made), flow);
    clock.advance(60_000);
    transactions.response(response(486, made), flow);
    clock.advance(10_000);
    transactions.response(response(486, made), flow);
    assert.deepEqual(times(flow, /^ACK/), [60_000, 70_000]);
    clock.advance(22_000);
    assert.deepEqual(told, ['180', '486', 'terminated']);
    const stream = recordingFlow(clock, true);
    send('INVITE', stream);
    transactions.response(response(486, made), stream);
    assert.equal(times(stream, /^ACK/).length, 1);
    assert.equal(transactions.size, 0);
  });

  it('client INVITE: passes each 2xx up until timer M', () => {
    const flow = recordingFlow(clock);
    const { told, made } = send('INVITE', flow);
    transactions.response(response(200, made), flow);
    transactions.response(response(200, made, 'other'), flow);
    transactions.response(response(180, made), flow);
    clock.advance(32_000);
    transactions.response(response(200, made), flow);
    assert.deepEqual(told, ['200', '200', 'terminated']);
    assert.equal(flow.sent.length, 1);
  });

  it('other client: repeats with timer E up to T2, fails with timer F, absorbs for timer K', () => {
    const flow = recordingFlow(clock);
    const first = send('OPTIONS', flow);
    clock.advance(33_000);
    assert.deepEqual(times(flow, /^OPTIONS/), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert.deepEqual(first.told, ['terminated', 'timeout']);
    const { told, made } = send('OPTIONS', flow);
    transactions.response(response(200, made), flow);
    transactions.response(response(200, made), flow);
    clock.advance(4_999);
    assert.equal(transactions.size, 1);
    clock.advance(1);
    assert.deepEqual(told, ['200', 'terminated']);
  });

  it('a broken connection fails what waits on it, and nothing else', () => {
    const stream = recordingFlow(clock, true);
    const { told } = send('OPTIONS', stream);
    transactions.flowClosed(recordingFlow(clock, true));
    assert.deepEqual(told, []);
    transactions.flowClosed(stream);
    assert.deepEqual(told, ['terminated', 'transport']);
  });

  it('server INVITE: repeats a refusal with timer G until the ACK or timer H, absorbs for timer I', () => {
    const flow = recordingFlow(clock);
    const ended: number[] = [];
    const one = transactions.addServer(request('INVITE'), flow, () => ended.push(clock.monotonicMs()));
    one.respond(180, '180\r\n');
    one.repeated();
    one.respond(486, '486\r\n');
    clock.advance(8_000);
    assert.deepEqual(times(flow, /^180/).length, 2);
    assert.deepEqual(times(flow, /^486/), [0, 500, 1_500, 3_500, 7_500]);
    assert.equal(transactions.findServer(request('ACK')), one);
    assert.equal(one.acknowledged(), true);
    one.repeated();
    clock.advance(5_000);
    assert.deepEqual(ended, [13_000]);
    assert.equal(flow.sent.length, 7);
    transactions.addServer(request('INVITE'), flow, () => ended.push(clock.monotonicMs())).respond(486, '486\r\n');
    clock.advance(32_000);
    assert.deepEqual(ended, [13_000, 45_000]);
  });

  it('server INVITE: absorbs repeated INVITEs behind a 2xx until timer L, and leaves its ACK to the dialog', () => {
    const flow = recordingFlow(clock);
    const one = transactions.addServer(request('INVITE'), flow, () => undefined);
    one.respond(200, '200\r\n');
    one.repeated();
    assert.equal(flow.sent.length, 1);
    assert.equal(one.acknowledged(), false);
    clock.advance(32_000);
    assert.equal(one.state, 'terminated');
  });

  it('other server: repeats its answer for timer J, over streams not at all', () => {
    const flow = recordingFlow(clock);
    const one = transactions.addServer(request('OPTIONS'), flow, () => undefined);
    one.repeated();
    one.respond(200, '200\r\n');
    one.respond(500, '500\r\n');
    one.repeated();
    assert.deepEqual(
      flow.sent.map(([, line]) => line),
      ['200', '200'],
    );
    clock.advance(32_000);
    const stream = transactions.addServer(request('OPTIONS'), recordingFlow(clock, true), () => undefined);
    stream.respond(200, '200\r\n');
    assert.equal(stream.state, 'terminated');
  });

  it('knows requests without a proper branch by all they hold (RFC 2543)', () => {
    const flow = recordingFlow(clock);
    for (const branch of ['390skdjuw', 'z9hG4bK']) {
      const one = transactions.addServer(request('INVITE', branch), flow, () => undefined);
      assert.equal(transactions.findServer(request('INVITE', branch)), one);
      assert.equal(transactions.findServer(request('ACK', branch)), one);
      assert.equal(transactions.findServer({ ...request('INVITE', branch), callId: 'other' }), undefined);
    }
  });

  it('a 2xx is repeated over any transport until its ACK, and given up after 64 × T1', () => {
    const flow = recordingFlow(clock, true);
    let missing = 0;
    new AwaitedAck('id', { clock, timers: standardTimers }, flow, '200\r\n', () => (missing += 1));
    const acknowledged = new AwaitedAck(
      'id',
      { clock, timers: standardTimers },
      recordingFlow(clock),
      '200\r\n',
      () => (missing += 10),
    );
    acknowledged.stop();
    clock.advance(33_000);
    assert.deepEqual(times(flow, /200/), [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert.equal(missing, 1);
  });

  it('reliable answers go one after the other, and a 2xx waits for those with a session description', () => {
    const flow = recordingFlow(clock);
    let missing = 0;
    const answers = new ReliableAnswers({
      clock,
      timers: standardTimers,
      seq: 7,
      firstRSeq: 10,
      send: flow.send,
      onMissing: () => (missing += 1),
    });
    assert.deepEqual([answers.takeRSeq(), answers.takeRSeq()], [10, 11]);
    answers.add(10, '183\r\n', true);
    answers.add(11, '180\r\n', false);
    answers.finish(() => flow.send('200\r\n'));
    clock.advance(600);
    assert.deepEqual(
      flow.sent.map(([, line]) => line),
      ['183', '183'],
    );
    assert.equal(answers.acknowledged('11 7 INVITE'), false);
    assert.equal(answers.acknowledged('10 8 INVITE'), false);
    assert.equal(answers.acknowledged('10 7 INVITE'), true);
    assert.deepEqual(
      flow.sent.map(([, line]) => line),
      ['183', '183', '200'],
    );
    answers.add(12, '183\r\n', true);
    clock.advance(40_000);
    assert.equal(missing, 1);
  });
});
