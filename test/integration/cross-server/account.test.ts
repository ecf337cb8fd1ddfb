import assert from 'node:assert/strict';
import { everybodysPassword } from '#test/support/company.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import type { Person } from '#test/support/person.ts';
import { onOneAndTwoServers } from './places.ts';

onOneAndTwoServers(
  'accounts, contacts and settings',
  ({ here, there }) => ({
    people: {
      ann: { home: here, administrator: true },
      bob: { home: there },
      cleo: { home: there },
    },
  }),
  (stage) => {
    const signedOut = (person: Person) => person.client.state.phase === 'signedOut';

    it('signs a device out everywhere within a second', async () => {
      const laptop = await stage().signIn('bob', 0, 'Laptop');
      const phone = await stage().signIn('bob', 0, 'Phone');
      const { devices } = await laptop.client.call('account.devices', {});
      assert.deepEqual(devices.map(({ name, current }) => [name, current]).sort(), [
        ['Laptop', true],
        ['Phone', false],
      ]);
      const lost = devices.find(({ name }) => name === 'Phone');
      assert.ok(lost);
      const beganMs = performance.now();
      await laptop.client.call('account.signOut', { deviceId: lost.deviceId });
      await eventually(() => signedOut(phone), { what: 'the phone is signed out' });
      measured('the phone is signed out', performance.now() - beganMs, 1_000);
      assert.equal(await phone.client.resume(), undefined, 'its credentials are worth nothing on any server');
      assert.equal(signedOut(laptop), false);
      await laptop.client.signOut();
    });

    it('changes a password: the other devices are signed out, only the new one is taken, on every server', async () => {
      const laptop = await stage().signIn('cleo', 0, 'Laptop');
      const phone = await stage().signIn('cleo', 0, 'Phone');
      const next = 'a completely new password';
      await assert.rejects(laptop.client.call('account.changePassword', { current: 'wrong password', next }), {
        code: 'BAD_REQUEST',
        field: 'params.current',
      });
      const beganMs = performance.now();
      await laptop.client.call('account.changePassword', { current: everybodysPassword, next });
      await eventually(() => signedOut(phone), { what: 'the other device is signed out' });
      measured('the other device is signed out', performance.now() - beganMs, 1_000);
      assert.equal(laptop.client.state.phase, 'open');
      for (const at of stage().urls.keys()) {
        await eventually(() => assert.rejects(stage().signIn('cleo', at), { code: 'SIGN_IN_FAILED' }));
        const again = await stage().person('cleo', at, `Browser ${at}`).signIn(next);
        await again.leave();
      }
    });

    it('keeps contacts the same on all devices, and refuses an edit of an older list', async () => {
      const laptop = await stage().signIn('bob', 0, 'Laptop');
      const phone = await stage().signIn('bob', 0, 'Phone');
      const heard: unknown[] = [];
      phone.client.on('contacts.changed', (list) => heard.push(list));
      const ann = stage().account('ann').userId;
      const { version } = await laptop.client.call('contacts.get', {});
      const group = { id: 'g1', name: 'Night shift', members: [ann] };
      const list = await laptop.client.call('contacts.put', { version, favourites: [ann], groups: [group] });
      await eventually(() => heard.length === 1);
      assert.deepEqual(heard, [list]);
      await assert.rejects(
        phone.client.call('contacts.put', { version, favourites: [], groups: [] }),
        (error: { code: string; details: { current: unknown } }) => {
          assert.equal(error.code, 'VERSION_CONFLICT');
          assert.deepEqual(error.details.current, list);
          return true;
        },
      );
      await Promise.all([laptop.leave(), phone.leave()]);
    });

    it('takes a setting over everywhere within a second', async () => {
      const [ann, bob] = await Promise.all([stage().signIn('ann'), stage().signIn('bob')]);
      await bob.watch(ann);
      await bob.untilSees(ann, ({ level }) => level === 'team');
      const key = 'permissions.companyDefault';
      const set = async (value: string | null) => {
        const { settings } = await ann.client.call('settings.list', {});
        const version = settings.find((setting) => setting.key === key)?.version ?? 0;
        return ann.client.call('settings.set', { key, value, version });
      };
      const beganMs = performance.now();
      const changed = await set('public');
      assert.deepEqual([changed.value, changed.author], ['public', ann.userId]);
      await bob.untilSees(ann, ({ level }) => level === 'public');
      measured('the default level holds everywhere', performance.now() - beganMs, 1_000);
      await assert.rejects(ann.client.call('settings.set', { key, value: 'team', version: 0 }), { code: 'VERSION_CONFLICT' });
      await assert.rejects(set('no such level'), { code: 'BAD_REQUEST' });
      await set(null);
      await bob.untilSees(ann, ({ level }) => level === 'team');
    });

    it('shows a changed account on all devices', async () => {
      const laptop = await stage().signIn('bob', 0, 'Laptop');
      const phone = await stage().signIn('bob', 0, 'Phone');
      const heard: (string | null)[] = [];
      phone.client.on('account.changed', ({ language }) => heard.push(language));
      await laptop.client.call('account.update', { language: 'de', timeZone: 'Europe/Berlin' });
      await eventually(() => heard.at(-1) === 'de');
      await assert.rejects(laptop.client.call('account.update', { timeZone: 'Moon/Tycho' }), {
        code: 'BAD_REQUEST',
        field: 'params.timeZone',
      });
    });
  },
);
