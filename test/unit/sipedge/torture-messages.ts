/**
 * The messages of RFC 4475, by their names there. Long repeated parts are made by `repeat`; what is not printable stands as
 * escape. Lines end in CR LF when they are used.
 */

export interface TortureMessage {
  readonly name: string;
  readonly text: string;
}

const sdp = (host: string) => `v=0
o=mhandley 29739 7272939 IN IP4 ${host}
s=-
c=IN IP4 ${host}
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC`;

/** With CR LF, and a body whose length is right where the text says `LENGTH`. */
function message(name: string, head: string, body = ''): TortureMessage {
  const lines = (text: string) => text.replaceAll('\n', '\r\n');
  const content = body === '' ? '' : `${lines(body)}\r\n`;
  return { name, text: `${lines(head.trim()).replace('LENGTH', String(content.length))}\r\n\r\n${content}` };
}

/** 3.1.1, 3.2 and 3.3: messages that must be understood. */
export const validMessages: readonly TortureMessage[] = [
  message(
    'wsinv',
    `
INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : LENGTH
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33`,
    sdp('192.0.2.3'),
  ),
  message(
    'intmeth',
    `
!interesting-Method0123456789_*+\`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+\`'~
To: "BEL:\\\x07 NUL:\\ DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="\xd1\x80\xd0\xb0\xd0\xb1\xd0\xbe\xd1\x82\xd0\xb0\xd1\x8e\xd1\x89\xd0\xb8\xd0\xb9";tag=_token~1'+\`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word\`~)(><:\\/"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+\`.%indeed'~
Max-Forwards: 255
extensionHeader-!.%*+_\`'~: \xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb
Content-Length: 0`,
  ),
  message(
    'esc01',
    `
INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
To: sip:%75se%72@example.com
From: <sip:I%20have%20spaces@example.net>;tag=938
Max-Forwards: 87
i: esc01.239409asdfakjkn23onasd0-3234
CSeq: 234234 INVITE
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
C: application/sdp
Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>
Content-Length: LENGTH`,
    sdp('192.0.2.1'),
  ),
  message(
    'escnull',
    `
REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0`,
  ),
  message(
    'esc02',
    `
RE%47IST%45R sip:registrar.example.com SIP/2.0
To: "%Z%45" <sip:resource@example.com>
From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23
Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
CSeq: 29344 RE%47IST%45R
Max-Forwards: 70
Contact: <sip:alias1@host1.example.com>
C%6Fntact: <sip:alias2@host2.example.com>
Contact: <sip:alias3@host3.example.com>
l: 0`,
  ),
  message(
    'lwsdisp',
    `
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: caller<sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID: lwsdisp.1234abcd@funky.example.com
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw
l: 0`,
  ),
  message(
    'longreq',
    `
INVITE sip:user@example.com SIP/2.0
To: "I have a user name of ${'extreme'.repeat(10)} proportion"<sip:user@example.com:6000;unknownparam1=very${'long'.repeat(20)}value;longparam${'name'.repeat(25)}=shortvalue;very${'long'.repeat(25)}ParameterNameWithNoValue>
F: sip:${'amazinglylongcallername'.repeat(5)}@example.net;tag=12${'982'.repeat(50)}424;unknownheaderparam${'name'.repeat(20)}=unknowheaderparam${'value'.repeat(15)};unknownValueless${'paramname'.repeat(10)}
Call-ID: longreq.one${'really'.repeat(20)}longcallid
CSeq: 3882340 INVITE
Unknown-${'Long'.repeat(20)}-Name: unknown-${'long'.repeat(20)}-value; unknown-${'long'.repeat(20)}-parameter-name = unknown-${'long'.repeat(20)}-parameter-value
Via: SIP/2.0/TCP sip33.example.com
${Array.from({ length: 32 }, (_, index) => `v: SIP/2.0/TCP sip${32 - index}.example.com`).join('\n')}
Max-Forwards: 70
Contact: <sip:${'amazinglylongcallername'.repeat(5)}@host5.example.net>
Content-Type: application/sdp
l: LENGTH`,
    sdp('192.0.2.1'),
  ),
  message(
    'semiuri',
    `
OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Call-ID: semiuri.0ha0isndaksdj
CSeq: 8 OPTIONS
Accept: application/sdp, application/pkcs7-mime,
        multipart/mixed, multipart/signed,
        message/sip, message/sipfrag
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw
l: 0`,
  ),
  message(
    'transports',
    `
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: <sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID:  transports.kijh4akdnaqjkwendsasfdj
Accept: application/sdp
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw
Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee
l: 0`,
  ),
  message(
    'mpart01',
    `
MESSAGE sip:kumiko@example.org SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport
Max-Forwards: 70
Route: <sip:127.0.0.1:5080>
To: <sip:kumiko@example.org>
From: <sip:fluffy@example.com>;tag=2fb0dcc9
Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..
CSeq: 1 MESSAGE
Content-Transfer-Encoding: binary
Content-Type: multipart/mixed;boundary=7a9cbec02ceef655
Date: Sat, 15 Oct 2005 04:44:56 GMT
User-Agent: SIPimp.org/0.2.5 (curses)
Content-Length: LENGTH`,
    '--7a9cbec02ceef655\nContent-Type: text/plain\nContent-Transfer-Encoding: binary\n\nHello\n--7a9cbec02ceef655\nContent-Type: application/octet-stream\n\n0\x82\x01R\x06\t*\x86H\x86\xf7\r\x01\x00\x00\n--7a9cbec02ceef655--',
  ),
  message(
    'unreason',
    `
SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe \xd0\xb4\xd0\xb5\xd0\xb2\xd1\x8f\xd0\xbd\xd0\xbe\xd1\x81\xd1\x82\xd0\xbe
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Call-ID: unreason.1234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: LENGTH
Content-Type: application/sdp
Contact: <sip:user@host198.example.com>`,
    sdp('192.0.2.198'),
  ),
  message(
    'noreason',
    `
SIP/2.0 100\x20
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: noreason.asndj203insdf99223ndf
CSeq: 35 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>`,
  ),
  message(
    'badbranch',
    `
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK
Accept: application/sdp
Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n
CSeq: 8 OPTIONS
l: 0`,
  ),
  message(
    'unksm2',
    `
REGISTER sip:example.com SIP/2.0
To: isbn:2983792873
From: <http://www.example.com>;tag=3234233
Call-ID: unksm2.daksdj@hyphenated-host.example.com
CSeq: 234902 REGISTER
Max-Forwards: 70
Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw
Contact: <name:John_Smith>
l: 0`,
  ),
  message(
    'bext01',
    `
OPTIONS sip:user@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.net;tag=242etr
Max-Forwards: 6
Call-ID: bext01.0ha0isndaksdj
Require: nothingSupportsThis, nothingSupportsThisEither
Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis
CSeq: 8 OPTIONS
Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw
Content-Length: 0`,
  ),
  message(
    'invut',
    `
INVITE sip:user@example.com SIP/2.0
Contact: <sip:caller@host5.example.net>
To: sip:j.user@example.com
From: sip:caller@example.net;tag=8392034
Max-Forwards: 70
Call-ID: invut.0ha0isndaksdjadsfij34n23d
CSeq: 235448 INVITE
Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw
Content-Type: application/unknownformat
Content-Length: LENGTH`,
    '<audio>\n <pcmu port="443"/>\n</audio>',
  ),
  message(
    'regaut01',
    `
REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=87321hj23128
Max-Forwards: 8
Call-ID: regaut01.0ha0isndaksdj
CSeq: 9338 REGISTER
Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw
Authorization: NoOneKnowsThisScheme opaque-data=here
Content-Length:0`,
  ),
  message(
    'bcast',
    `
SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23
Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: LENGTH
Content-Type: application/sdp
Contact: <sip:user@host28.example.com>`,
    sdp('192.0.2.198'),
  ),
  message(
    'zeromf',
    `
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=3ghsd41
Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas
CSeq: 39234321 OPTIONS
Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw2349i
Max-Forwards: 0
Content-Length: 0`,
  ),
  message(
    'cparam01',
    `
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe
To: sip:watson@example.com
Call-ID: cparam01.70710@saturn.example.com
CSeq: 2 REGISTER
Contact: sip:+19725552222@gw1.example.net;unknownparam
l: 0`,
  ),
  message(
    'cparam02',
    `
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=838293
To: sip:watson@example.com
Call-ID: cparam02.70710@saturn.example.com
CSeq: 3 REGISTER
Contact: <sip:+19725552222@gw1.example.net;unknownparam>
l: 0`,
  ),
  message(
    'regescrt',
    `
REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=8
Max-Forwards: 70
Call-ID: regescrt.k345asrl3fdbv@192.0.2.1
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>
L:0`,
  ),
  message(
    'sdp01',
    `
INVITE sip:user@example.com SIP/2.0
To: sip:j_user@example.com
Contact: <sip:caller@host15.example.net>
From: sip:caller@example.net;tag=234
Max-Forwards: 5
Call-ID: sdp01.ndaksdj9342dasdd
Accept: text/nobodyKnowsThis
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw
Content-Length: LENGTH
Content-Type: application/sdp`,
    sdp('192.0.2.5'),
  ),
  message(
    'inv2543',
    `
INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Content-Type: application/sdp`,
    sdp('192.0.2.5'),
  ),
];

const simple = (name: string, changes: Readonly<Record<string, string>>, start = 'OPTIONS sip:user@example.com SIP/2.0') => {
  const fields: Record<string, string> = {
    To: 'sip:j.user@example.com',
    From: 'sip:caller@example.net;tag=134161461246',
    'Max-Forwards': '7',
    'Call-ID': `${name}.0ha0isndaksdjasdf3234nas`,
    CSeq: `8 ${start.split(/\s/)[0]}`,
    Via: 'SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw',
    'Content-Length': '0',
    ...changes,
  };
  const head = Object.entries(fields)
    .filter(([, value]) => value !== '-')
    .map(([field, value]) => `${field}: ${value}`);
  return message(name, [start, ...head].join('\n'));
};

/** 3.1.2 and part of 3.3: requests that must be refused, and with which status; undefined: dropped. */
export const refusedMessages: readonly (TortureMessage & { readonly status: number | undefined })[] = [
  {
    ...simple(
      'badinv01',
      { To: 'sip:j.user@example.com', Via: 'SIP/2.0/UDP 192.0.2.15;;,;,,', Contact: '"Joe" <sip:joe@example.org>;;;;' },
      'INVITE sip:user@example.com SIP/2.0',
    ),
    status: undefined,
  },
  { ...simple('clerr', { 'Content-Length': '9999' }, 'INVITE sip:user@example.com SIP/2.0'), status: 400 },
  { ...simple('ncl', { 'Content-Length': '-999' }, 'INVITE sip:user@example.com SIP/2.0'), status: 400 },
  {
    ...simple(
      'scalar02',
      { CSeq: '36893488147419103232 REGISTER', Expires: `1${'0'.repeat(36)}`, 'Max-Forwards': '300' },
      'REGISTER sip:example.com SIP/2.0',
    ),
    status: 400,
  },
  {
    ...message(
      'scalarlg',
      'SIP/2.0 503 Service Unavailable\nVia: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129\nTo: <sip:user@example.com>\nFrom: <sip:other@example.net>;tag=2easdjfejw\nCSeq: 9292394834772304023312 OPTIONS\nCall-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r\nRetry-After: 949302838503028349304023988\nWarning: 1812 overture "In Progress"\nContent-Length: 0',
    ),
    status: undefined,
  },
  { ...simple('quotbal', { To: '"Mr. J. User <sip:j.user@example.com>' }, 'INVITE sip:user@example.com SIP/2.0'), status: 400 },
  { ...simple('ltgtruri', { CSeq: '1 INVITE' }, 'INVITE <sip:user@example.com> SIP/2.0'), status: 400 },
  { ...simple('lwsruri', { CSeq: '2130706432 INVITE' }, 'INVITE sip:user@example.com; lr SIP/2.0'), status: 400 },
  { ...simple('lwsstart', { CSeq: '893 INVITE' }, 'INVITE  sip:user@example.com  SIP/2.0'), status: 400 },
  { name: 'trws', text: simple('trws', {}).text.replace(' SIP/2.0\r\n', ' SIP/2.0  \r\n'), status: 400 },
  {
    ...simple('escruri', { CSeq: '149209342 INVITE' }, 'INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0'),
    status: 400,
  },
  {
    ...simple(
      'regbadct',
      { Contact: 'sip:user@example.com?Route=%3Csip:sip.example.com%3E' },
      'REGISTER sip:example.com SIP/2.0',
    ),
    status: 400,
  },
  { ...simple('badaspec', { To: '"Watson, Thomas" < sip:t.watson@example.org >' }), status: 400 },
  { ...simple('baddn', { From: 'Bell, Alexander <sip:a.g.bell@example.com>;tag=43' }), status: 400 },
  {
    ...simple('badvers', { Via: 'SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw' }, 'OPTIONS sip:t.watson@example.org SIP/7.0'),
    status: undefined,
  },
  { ...simple('badvers-answerable', {}, 'OPTIONS sip:t.watson@example.org SIP/7.0'), status: 505 },
  { ...simple('mismatch01', { CSeq: '8 INVITE' }), status: 400 },
  { ...simple('mismatch02', { CSeq: '8 INVITE' }, 'NEWMETHOD sip:user@example.com SIP/2.0'), status: 400 },
  {
    ...message(
      'bigcode',
      'SIP/2.0 4294967301 better not break the receiver\nVia: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe\nCall-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i\nCSeq: 353494 INVITE\nFrom: <sip:user@example.com>;tag=39ansfi3\nTo: <sip:user@example.edu>;tag=902jndnke3\nContent-Length: 0',
    ),
    status: undefined,
  },
  { ...simple('insuf', { To: '-', From: '-', 'Call-ID': '-' }, 'INVITE sip:user@example.com SIP/2.0'), status: 400 },
  { ...simple('unkscm', {}, 'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0'), status: 416 },
  { ...simple('novelsc', {}, 'OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0'), status: 416 },
  {
    name: 'multi01',
    text: simple('multi01', {}).text.replace(
      'CSeq: 8 OPTIONS',
      'CSeq: 59 OPTIONS\r\nCall-ID: multi01.98asdh@192.0.2.2\r\nCSeq: 8 OPTIONS\r\nFrom: sip:other@example.net;tag=123',
    ),
    status: 400,
  },
  {
    name: 'mcl01',
    text: simple('mcl01', {}).text.replace('Content-Length: 0', 'Content-Length: 13\r\nContent-Length: 5'),
    status: 400,
  },
];

/** Two messages in one datagram: the second is not part of the first (3.1.1.8). */
export const doubledMessage: TortureMessage = {
  name: 'dblreq',
  text: `${simple('dblreq', {}, 'REGISTER sip:example.com SIP/2.0').text}${simple('dblreq2', {}, 'INVITE sip:joe@example.com SIP/2.0').text}`,
};
