import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { DeviceId, UserId } from '#shared/ids.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { KeyRing } from '#ucserver/auth/key-ring.ts';
import { TokenIssuer } from '#ucserver/auth/tokens.ts';

describe('auth: tokens', () => {
  it('are worth nothing in another mesh, even one that has the same keys', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const keys = { current: () => ({ id: 'k1', privateKey }), publicKey: () => publicKey } as unknown as KeyRing;
    const issuer = (meshId: string) =>
      new TokenIssuer({ keys, meshId, accessMs: 600_000, refreshMs: 600_000, clock: new ManualClock() });
    const bearer = { userId: 'ann' as UserId, deviceId: 'desk' as DeviceId, generation: 0 };
    const { token } = await issuer('north').access(bearer);
    assert.equal(issuer('north').readAccess(token).userId, 'ann');
    assert.throws(() => issuer('south').readAccess(token), { code: 'TOKEN_INVALID' });
  });
});
