import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { systemClock } from '#shared/runtime/clock.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { FrameReader, frame } from '../../../sipedge/control/frames.ts';
import { parseSipUri } from '../../../sipedge/message/uri.ts';
import { DnsReader, type NameSource } from '../../../sipedge/transport/dns.ts';
import type { Flow, Protocol } from '../../../sipedge/transport/flow.ts';
import { FlowCache } from '../../../sipedge/transport/flow-cache.ts';
import { inOrder, resolveTargets } from '../../../sipedge/transport/resolver.ts';
import { bindingAnswer, isBindingRequest } from '../../../sipedge/transport/stun.ts';

const names: NameSource = {
  async srv(name) {
    if (name === '_sip._udp.both.example') return [{ target: 'a.example', port: 5070, priority: 1, weight: 0 }];
    if (name === '_sips._tcp.both.example') return [{ target: 'a.example', port: 5071, priority: 1, weight: 0 }];
    return name === '_sip._tcp.naptr.example' ? [{ target: 'b.example', port: 5080, priority: 1, weight: 1 }] : [];
  },
  async naptr(name) {
    const replacement = '_sip._tcp.naptr.example';
    return name === 'naptr.example' ? [{ order: 1, preference: 1, flags: 's', services: 'SIP+D2T', replacement }] : [];
  },
  addresses: async (name) =>
    name.startsWith('a') ? ['192.0.2.1', '2001:db8::1'] : name === 'nowhere.example' ? [] : ['192.0.2.2'],
};

describe('SIP next hop (RFC 3263)', () => {
  const resolve = async (text: string, offered: readonly Protocol[] = ['udp', 'tcp', 'tls']) => {
    const uri = parseSipUri(text);
    assert.ok(uri);
    return (await resolveTargets(uri, names, offered)).map(({ protocol, address, port }) => `${protocol} ${address} ${port}`);
  };

  it('takes addresses as they are', async () => {
    assert.deepEqual(await resolve('sip:a@192.0.2.9'), ['udp 192.0.2.9 5060']);
    assert.deepEqual(await resolve('sip:a@[::1]:5090;transport=tcp'), ['tcp ::1 5090']);
    assert.deepEqual(await resolve('sips:a@192.0.2.9'), ['tls 192.0.2.9 5061']);
    assert.deepEqual(await resolve('sip:a@x.example;maddr=192.0.2.7'), ['udp 192.0.2.7 5060']);
    assert.deepEqual(await resolve('sip:a@192.0.2.9;transport=sctp'), []);
    assert.deepEqual(await resolve('sip:a@192.0.2.9', ['tcp']), ['tcp 192.0.2.9 5060']);
  });

  it('asks NAPTR, SRV and addresses in that order', async () => {
    assert.deepEqual(await resolve('sip:a@naptr.example'), ['tcp 192.0.2.2 5080']);
    assert.deepEqual(await resolve('sip:a@both.example'), ['udp 192.0.2.1 5070', 'udp 2001:db8::1 5070']);
    assert.deepEqual(await resolve('sips:a@both.example'), ['tls 192.0.2.1 5071', 'tls 2001:db8::1 5071']);
    assert.deepEqual(await resolve('sip:a@both.example:5099'), ['udp 192.0.2.2 5099']);
    assert.deepEqual(await resolve('sip:a@plain.example'), ['udp 192.0.2.2 5060']);
    assert.deepEqual(await resolve('sip:a@nowhere.example'), []);
  });

  it('orders SRV by priority, then at random by weight', () => {
    const record = (target: string, priority: number, weight: number) => ({ target, port: 1, priority, weight });
    const records = [record('last', 2, 9), record('seldom', 1, 10), record('often', 1, 90)];
    assert.deepEqual(
      inOrder(records, () => 0.05).map(({ target }) => target),
      ['seldom', 'often', 'last'],
    );
    assert.deepEqual(
      inOrder(records, () => 0.5).map(({ target }) => target),
      ['often', 'seldom', 'last'],
    );
  });
});

describe('DNS reader', () => {
  it('reads compressed SRV answers, asks over TCP when one was cut off, and keeps them', async () => {
    const socket = createSocket('udp4');
    let asked = 0;
    const reply = (question: Buffer, flags: number, answers: Packet['answers']) => {
      const { id, questions } = decode(question);
      return encode({ type: 'response', id: id ?? 0, flags, questions: questions ?? [], answers: answers ?? [] });
    };
    const data = { target: 'pbx.example.test', port: 5070, priority: 1, weight: 2 };
    const answers: Packet['answers'] = [{ type: 'SRV', name: '_sip._udp.example.test', ttl: 60, data }];
    socket.on('message', (question, { port }) => {
      asked += 1;
      socket.send('nonsense', port, '127.0.0.1');
      socket.send(reply(question, 0x8600, []), port, '127.0.0.1');
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const server = createServer((stream) =>
      stream.once('data', (bytes) => {
        const packet = compressed(reply(Buffer.from(bytes).subarray(2), 0x8400, answers));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(packet.length);
        stream.end(Buffer.concat([length, packet]));
      }),
    );
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const reader = new DnsReader({ clock: systemClock, servers: [`127.0.0.1:${port}`] });
    assert.deepEqual(await reader.srv('_sip._udp.example.test'), [data]);
    assert.deepEqual(await reader.srv('_sip._udp.example.test'), [data]);
    assert.equal(asked, 1);
    socket.close();
    server.close();
  });

  it('answers nothing when no server answers', async () => {
    const reader = new DnsReader({ clock: systemClock, servers: ['127.0.0.1:9'], timeoutMs: 20 });
    assert.deepEqual(await reader.naptr('example.test'), []);
  });
});

/** The same packet with the end of the target written as a pointer into the question, as name servers do. */
function compressed(packet: Buffer): Buffer {
  const whole = Buffer.from('\x03pbx\x07example\x04test\0', 'latin1');
  const at = packet.lastIndexOf(whole);
  const pointed = packet.indexOf(Buffer.from('\x07example\x04test\0', 'latin1'));
  const target = Buffer.concat([Buffer.from('\x03pbx', 'latin1'), Buffer.from([0xc0, pointed])]);
  const result = Buffer.concat([packet.subarray(0, at), target, packet.subarray(at + whole.length)]);
  result.writeUInt16BE(6 + target.length, at - 8);
  return result;
}

describe('flow cache', () => {
  it('finds the newest connection of a Contact until it expires or closes', () => {
    const clock = new ManualClock();
    const cache = new FlowCache(clock);
    const flow = () => ({ isOpen: true, keepUntil: () => undefined }) as unknown as Flow;
    const [one, two] = [flow(), flow()];
    cache.remember('sip:alice@abc.invalid;transport=ws', one, 60);
    assert.equal(cache.find('sip:alice@ABC.invalid'), one);
    cache.remember('sip:alice@abc.invalid', two, 60);
    cache.forget(one);
    assert.equal(cache.find('sip:alice@abc.invalid'), two);
    clock.advance(60_000);
    assert.equal(cache.find('sip:alice@abc.invalid'), undefined);
    cache.remember('sip:bob@abc.invalid', two, 60);
    cache.remember('sip:bob@abc.invalid', two, 0);
    assert.equal(cache.size, 0);
  });
});

describe('STUN', () => {
  it('tells a phone the address it is seen with', () => {
    const id = Buffer.from('0123456789ab');
    const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), id]);
    assert.ok(isBindingRequest(request));
    assert.ok(!isBindingRequest(Buffer.from('INVITE sip:a@b SIP/2.0')));
    const answer = bindingAnswer(request, '192.0.2.1', 32_853);
    assert.equal(answer.toString('hex').slice(0, 16), '0101000c2112a442');
    assert.equal(answer.subarray(8, 20).toString(), id.toString());
    // RFC 5769 2.2 has the same address and port.
    assert.equal(answer.subarray(20).toString('hex'), '002000080001a147e112a643');
    const six = bindingAnswer(request, '2001:db8::1', 1);
    assert.equal(six.length, 44);
    assert.equal(
      six.subarray(28, 32).toString('hex'),
      Buffer.from([0x20 ^ 0x21, 0x01 ^ 0x12, 0x0d ^ 0xa4, 0xb8 ^ 0x42]).toString('hex'),
    );
  });
});

describe('control frames', () => {
  it('are found in whatever pieces they come', () => {
    const reader = new FrameReader();
    const whole = `${frame('one')}${frame('two#2')}${frame('')}`;
    const found: string[] = [];
    for (const char of whole) found.push(...(reader.push(char) ?? ['broken']));
    assert.deepEqual(found, ['one', 'two#2', '']);
    assert.equal(new FrameReader().push('12a#'), undefined);
    assert.equal(new FrameReader(10).push('11#'), undefined);
    assert.equal(new FrameReader().push('#'), undefined);
  });
});
