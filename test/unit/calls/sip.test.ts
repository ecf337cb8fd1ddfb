import { deepEqual, equal, ok } from 'node:assert/strict';
import type { CallId, IncarnationId, LegId, UserId } from '#shared/ids.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { legHeader, legHeaderFor, legHeaderMs, readLegAddress, readLegHeader } from '#ucserver/calls/leg-header.ts';
import { LegOrigin } from '#ucserver/calls/leg-origin.ts';
import { readReferTo, readReplaces } from '#ucserver/calls/referrals.ts';
import { isHold, saysTheSame, withDirection } from '#ucserver/calls/sdp.ts';
import { SessionTimer, timerAgreement, timerAnswer } from '#ucserver/calls/session-timer.ts';
import { comparable, dialledBy, nameAddress } from '#ucserver/calls/sip-party.ts';
import { reasonOf, refusalOf } from '#ucserver/calls/sip-words.ts';
import type { SrfRequest } from '#ucserver/sip/index.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n';

describe('session descriptions', () => {
  it('get one direction for all media', () => {
    const held = withDirection(`${sdp}m=video 4002 RTP/AVP 96\r\n`, 'inactive');
    equal(held.match(/a=inactive/g)?.length, 2);
    ok(!held.includes('sendrecv'));
    ok(isHold(held));
    ok(!isHold(sdp));
    ok(isHold(sdp.replace('c=IN IP4 192.0.2.1', 'c=IN IP4 0.0.0.0')));
    equal(withDirection(held, 'sendrecv').match(/a=sendrecv/g)?.length, 2);
  });
  it('come from one session, in a new version only when they say something else', () => {
    const origin = new LegOrigin();
    const first = origin.describe(sdp);
    equal(origin.describe(sdp.replace('o=- 1 1', 'o=- 7 9')), first);
    const second = origin.describe(withDirection(sdp, 'sendonly'));
    const version = (text: string) => /o=- (\d+) (\d+)/.exec(text)?.slice(1).map(Number) ?? [];
    deepEqual(version(second), [version(first)[0], 2]);
    ok(saysTheSame(first, sdp));
  });
});

describe('words of SIP', () => {
  it('say why a call was refused', () => {
    equal(refusalOf('busy').status, 486);
    equal(refusalOf('refused', 'nightLock').status, 403);
    equal(reasonOf(480, true), 'noAnswer');
    equal(reasonOf(480, false), 'unreachable');
    equal(reasonOf(603, true), 'declined');
  });
  it('name people and what was dialled', () => {
    equal(nameAddress('An "x"\r\nVia: y', 'an@n'), '"An  x   Via: y" <sip:an%40n@localhost>');
    equal(dialledBy('sip:an%40n@uc.test;transport=tcp'), 'an@n');
    equal(dialledBy('tel:+49-30-1;phone-context=x'), '+49-30-1');
    equal(dialledBy('sip:uc.test'), '');
    equal(comparable('+49 (30) 1-2'), '+493012');
    equal(comparable('ann'), undefined);
  });
  it('read whom a REFER names, and the dialog it replaces', () => {
    const name = { callId: 'a@b', localTag: 't1', remoteTag: 't2' };
    deepEqual(readReferTo('"Bob" <sip:bob@x?Replaces=a%40b%3Bto-tag%3Dt1%3Bfrom-tag%3Dt2>'), {
      uri: 'sip:bob@x',
      replaces: name,
    });
    deepEqual(readReferTo('sip:bob@x'), { uri: 'sip:bob@x', replaces: undefined });
    equal(readReferTo('<http://x>'), undefined);
    equal(readReferTo('<sip:a|b@x>'), undefined);
    deepEqual(readReplaces('a@b;from-tag=t2;to-tag=t1;early-only'), name);
    equal(readReplaces('a@b'), undefined);
  });
});

describe('the order of a leg', () => {
  const keys = new MeshKeys('mesh', 'password');
  const order = {
    owner: 'server-1:1' as IncarnationId,
    callId: 'call' as CallId,
    leg: 'leg' as LegId,
    caller: 'ann' as UserId,
    target: 'device',
  };
  const invite = { sipCallId: 'c1', fromTag: 't1', requestUri: 'sip:device@192.0.2.1' };
  const value = legHeaderFor(keys, order, invite, 1_000);
  const request = (given: string, { sipCallId, fromTag, requestUri } = invite) =>
    ({
      uri: requestUri,
      get: (name: string) => (name === legHeader ? given : name === 'Call-ID' ? sipCallId : undefined),
      getParsedHeader: () => ({ params: { tag: fromTag } }),
    }) as unknown as SrfRequest;

  it('holds for its own INVITE only, and for a while', () => {
    deepEqual(readLegHeader(keys, request(value), 1_000), order);
    for (const other of [{ sipCallId: 'c2' }, { fromTag: 't2' }, { requestUri: 'sip:other@192.0.2.1' }])
      equal(readLegHeader(keys, request(value, { ...invite, ...other }), 1_000), undefined);
    equal(readLegHeader(keys, request(value), 1_000 + legHeaderMs), undefined);
    equal(readLegHeader(keys, request(value.replace('device', 'devise')), 1_000), undefined);
    equal(readLegHeader(new MeshKeys('mesh', 'other'), request(value), 1_000), undefined);
  });
  it('is not read from nonsense', () => {
    for (const text of ['', 'a', 'a b c d e f', `${value} x`]) equal(readLegHeader(keys, request(text), 1_000), undefined);
    equal(readLegAddress('server-1:1 leg'), undefined);
    equal(readLegAddress('nobody leg external'), undefined);
  });
});

describe('session timers', () => {
  const message = (headers: Readonly<Record<string, string>>) => ({ get: (name: string) => headers[name] });

  it('are agreed as RFC 4028 says', () => {
    deepEqual(timerAnswer(message({})).agreement, { seconds: 90, isOurs: true });
    const known = timerAnswer(message({ Supported: '100rel, timer', 'Session-Expires': '1800' }));
    deepEqual(known.agreement, { seconds: 90, isOurs: false });
    equal(known.headers['Session-Expires'], '90;refresher=uac');
    deepEqual(timerAnswer(message({ Supported: 'timer', 'Session-Expires': '1800;refresher=uas', 'Min-SE': '120' })).agreement, {
      seconds: 120,
      isOurs: true,
    });
    deepEqual(timerAgreement(message({ 'Session-Expires': '90;refresher=uas' })), { seconds: 90, isOurs: false });
    deepEqual(timerAgreement(message({})), { seconds: 90, isOurs: true });
  });

  it('send a sign of life in time, and give up who sends none', () => {
    const clock = new ManualClock();
    const heard: string[] = [];
    const timer = new SessionTimer({ clock, refresh: () => heard.push('refresh'), expired: () => heard.push('expired') });
    timer.start({ seconds: 90, isOurs: true });
    clock.advance(45_000);
    deepEqual(heard, ['refresh']);
    timer.refreshed();
    clock.advance(44_000);
    deepEqual(heard, ['refresh']);
    timer.start({ seconds: 90, isOurs: false });
    clock.advance(60_000);
    deepEqual(heard, ['refresh', 'expired']);
    timer.stop();
    clock.advance(100_000);
    equal(heard.length, 2);
  });
});
