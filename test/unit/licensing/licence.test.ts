import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { issueLicence, LicenceRefused, licenceState, newIssuerKey, readLicence, seatsOf } from '#ucserver/licensing/licence.ts';

const day = 86_400_000;
const end = Date.UTC(2030, 0, 1);

describe('a licence file', () => {
  const issuer = newIssuerKey();
  const licence = {
    id: 'l1',
    customer: 'Example',
    issuedAt: '2026-01-01T00:00:00Z',
    validUntil: new Date(end).toISOString(),
    graceDays: 10,
    features: { onlineUsers: 100, softphoneCalls: null },
  };
  const document = issueLicence(licence, createPrivateKey(issuer.privateKey));

  it('says what its issuer has signed', () => {
    assert.deepEqual(readLicence(document, issuer.publicKey), licence);
  });

  it('is refused when it is of another issuer, changed or no licence at all', () => {
    const changed = JSON.parse(document) as { licence: string; signature: string };
    const bytes = Buffer.from(changed.licence, 'base64url').toString().replace('100', '999');
    changed.licence = Buffer.from(bytes).toString('base64url');
    for (const wrong of [JSON.stringify(changed), '{}', 'x', JSON.stringify({ ...changed, more: 1 })])
      assert.throws(() => readLicence(wrong, issuer.publicKey), LicenceRefused);
    assert.throws(() => readLicence(document, newIssuerKey().publicKey), LicenceRefused);
  });

  it('goes on for its days of grace, and then has no seats', () => {
    const read = readLicence(document, issuer.publicKey);
    assert.deepEqual(
      [end - 1, end, end + 10 * day - 1, end + 10 * day].map((now) => licenceState(read, now)),
      ['valid', 'grace', 'grace', 'expired'],
    );
    assert.equal(seatsOf(read, 'onlineUsers', end + day), 100);
    assert.equal(seatsOf(read, 'softphoneCalls', end), Number.POSITIVE_INFINITY);
    assert.equal(seatsOf(read, 'onlineUsers', end + 11 * day), 0);
  });

  it('is not needed: without one nothing is limited', () => {
    assert.equal(seatsOf(undefined, 'onlineUsers', end), Number.POSITIVE_INFINITY);
  });
});
