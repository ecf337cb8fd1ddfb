import { createSrf } from '#ucserver/sip/srf.ts';

/**
 * The floor of SIP: the least an application on the edge does. By its first argument it answers calls (`answer`), connects them to
 * the URI of the last argument back to back (`connect`), or accepts registrations with whatever credentials (`register`). No rights, no state, no media.
 *
 * Arguments: what it does, port of the edge, its secret, a URI. Prints `{"port":0}` when it serves.
 */
const [what = '', port = '', secret = '', uri = ''] = process.argv.slice(2);
const app = createSrf();
app.on('connect', (error) => {
  if (error) throw error;
  console.log('{"port":0}');
});
app.connect({ host: '127.0.0.1', port: Number(port), secret, reconnect: { retryMaxDelay: 500 } });

app.use('invite', (request, response) => {
  if (what === 'answer') void app.createUAS(request, response, { localSdp: request.body ?? '' });
  else
    void app.createB2BUA(request, response, uri).then(
      ({ uas, uac }) => {
        uas.on('destroy', () => void uac.destroy());
        uac.on('destroy', () => void uas.destroy());
      },
      () => undefined,
    );
});
app.use('register', (request, response) => {
  if (!request.has('Authorization')) {
    response.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="bench", nonce="nonce", algorithm=MD5, qop="auth"' } });
    return;
  }
  response.send(200, { headers: { Contact: `${request.get('Contact')};expires=120` } });
});
