import assert from 'node:assert/strict';
import type { UserId } from '#shared/ids.ts';
import type { User } from '#ucserver/directory/index.ts';
import { PeopleNumbers } from '#ucserver/phone-book/people-numbers.ts';

describe('whose number a number is', () => {
  const people = new Map<UserId, Partial<User>>();
  let listener: (ids: readonly UserId[]) => void = () => undefined;
  let country = '';
  const directory = {
    all: function* () {
      for (const id of people.keys()) yield { id } as User;
    },
    byId: (id: UserId) => people.get(id) as User | undefined,
    onChange: (given: typeof listener) => {
      listener = given;
      return () => true;
    },
  };
  const hire = (id: string, user: Partial<User>) => {
    people.set(id as UserId, { id: id as UserId, displayName: id, locked: false, ...user });
    listener([id as UserId]);
  };
  let numbers: PeopleNumbers;
  beforeEach(() => {
    people.clear();
    country = '';
    numbers = new PeopleNumbers({ directory, country: () => country });
  });
  const nameOf = (number: string) => numbers.personOf(number)?.displayName;

  it('is found by office and mobile numbers, however they are written, but not by private ones', () => {
    hire('ann', { workPhone: '+49 (0)30 / 123 45-67', mobilePhone: '+49 151 12345678', privatePhone: '+49 30 7654321' });
    assert.deepEqual(['+49301234567', '+4915112345678', '+49307654321'].map(nameOf), ['ann', 'ann', undefined]);
    assert.equal(nameOf('+43301234567'), undefined, 'another country');
  });

  it('reads numbers without a country code by the country of the company, or by their end while none is set', () => {
    hire('bob', { workPhone: '030 1234567' });
    assert.equal(nameOf('+49301234567'), 'bob');
    country = 'DE';
    assert.deepEqual([nameOf('+49301234567'), nameOf('+43301234567')], ['bob', undefined]);
  });

  it('follows the directory, and names the first by name of several', () => {
    hire('cleo', { workPhone: '+49301234567' });
    hire('ann', { workPhone: '+49301234567' });
    assert.equal(nameOf('+49301234567'), 'ann');
    hire('ann', { workPhone: '+49301234567', locked: true });
    assert.equal(nameOf('+49301234567'), 'cleo');
    hire('cleo', { workPhone: '+49301234000' });
    assert.deepEqual([nameOf('+49301234567'), nameOf('+49301234000')], [undefined, 'cleo']);
  });
});
