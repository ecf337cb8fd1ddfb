import assert from 'node:assert/strict';
import { PeopleIndex, type Searchable } from '#ucserver/directory/people-index.ts';
import { fold } from '#ucserver/directory/search-text.ts';

function person(display_name: string, more: Partial<Searchable> = {}): Searchable {
  return { display_name, email: 'x@example.com', department: null, work_phone: null, ...more };
}

describe('directory search', () => {
  let index: PeopleIndex;

  beforeEach(() => {
    index = new PeopleIndex();
    index.set(
      'jm',
      person('Jürgen Müller', { email: 'j.mueller@firm.example', department: 'Sales', work_phone: '+49 30 1234-567' }),
    );
    index.set('mk', person('Max Kühn', { email: 'mk@firm.example', department: 'Müllabfuhr' }));
    index.set('ss', person('Søren Straße', { email: 'soeren@firm.example' }));
    index.set('mm', person('Mullen Ada', { email: 'ada@firm.example', department: 'Research & Development' }));
    index.set('ll', person('Łukasz Łoś', { work_phone: '567 8900' }));
  });

  function found(query: string, limit = 10): string[] {
    return index.search(query, limit);
  }

  it('finds beginnings of words without regard to case and diacritics', () => {
    assert.deepEqual(found('jurg'), ['jm']);
    assert.deepEqual(found('JÜRG'), ['jm']);
    assert.deepEqual(found('soren'), ['ss']);
    assert.deepEqual(found('strasse'), ['ss']);
    assert.deepEqual(found('lukasz los'), ['ll']);
    assert.deepEqual(found('ürgen'), []);
  });

  it('finds an umlaut in its other spelling', () => assert.deepEqual(found('mueller'), ['jm']));

  it('puts a name that begins so first, then words of names, then departments', () => {
    assert.deepEqual(found('mull'), ['mm', 'jm', 'mk']);
  });

  it('wants every word to be found, wherever', () => {
    assert.deepEqual(found('sales jur'), ['jm']);
    assert.deepEqual(found('ada dev'), ['mm']);
    assert.deepEqual(found('ada sales'), []);
  });

  it('finds an address by its beginning, not everybody of the domain', () => {
    assert.deepEqual(found('j.mueller@fi'), ['jm']);
    assert.deepEqual(found('firm'), []);
  });

  it('finds a number however it is written, and an extension', () => {
    for (const query of ['+49 30 1234567', '4930123', '30/1234', '1234-5', '567']) assert.ok(found(query).includes('jm'), query);
    assert.deepEqual(found('567').sort(), ['jm', 'll']);
  });

  it('forgets what a person was called and who is gone', () => {
    index.set('jm', person('Jo Schmidt'));
    assert.deepEqual(found('jurgen'), []);
    assert.deepEqual(found('schmidt'), ['jm']);
    index.delete('jm');
    assert.deepEqual(found('schmidt'), []);
  });

  it('answers the best few in order', () => {
    for (const name of ['Zoe', 'Anna', 'Mia', 'Anja', 'Antje']) index.set(name, person(`${name} Huber`));
    assert.deepEqual(found('huber', 3), ['Anja', 'Anna', 'Antje']);
    assert.deepEqual(found('', 3), []);
    assert.deepEqual(found('--', 3), []);
  });

  it('folds compatibility forms', () => assert.equal(fold('ＡＤＡ ﬁn É'), 'ada fin e'));
});

describe('directory search among 100,000 people', function () {
  this.timeout(60_000);
  const syllables = [
    'an',
    'be',
    'cor',
    'da',
    'el',
    'fri',
    'ga',
    'ha',
    'in',
    'jo',
    'ka',
    'lu',
    'mar',
    'na',
    'ol',
    'pe',
    'ri',
    'sa',
    'to',
    'ul',
  ];
  const name = (seed: number) =>
    [seed, seed * 7, seed * 31].map((each) => syllables[Math.floor(each) % syllables.length]).join('');

  it('takes a few milliseconds at most, also for one letter, and a change far less', () => {
    const index = new PeopleIndex();
    const beganMs = performance.now();
    for (let at = 0; at < 100_000; at += 1) {
      const given = name(at % 997);
      const family = name(at % 9973);
      index.set(`u${at}`, {
        display_name: `${given} ${family}`,
        email: `${given}.${family}${at}@firm.example`,
        department: `Department ${at % 300}`,
        work_phone: `+49 30 55${String(at).padStart(6, '0')}`,
      });
    }
    index.search('warm', 1);
    const builtMs = performance.now() - beganMs;
    const took = (query: string) => {
      const times = Array.from({ length: 5 }, () => {
        const startMs = performance.now();
        index.search(query, 20);
        return performance.now() - startMs;
      });
      return Math.min(...times);
    };
    const worst = Math.max(...['a', 'mar', 'dep', 'anbe da', 'a b c', '+4930550'].map(took));
    const usual = Math.max(...['anbeco', 'marhain ga', 'department 17 mar', '493055000'].map(took));
    const changeStartMs = performance.now();
    for (let at = 0; at < 100; at += 1) {
      index.set(`u${at}`, { display_name: `New Name${at}`, email: `n${at}@x`, department: null, work_phone: null });
      index.search(`name${at}`, 20);
    }
    const changeMs = (performance.now() - changeStartMs) / 100;
    console.log(
      `      built in ${builtMs.toFixed(0)} ms; search ${usual.toFixed(1)} ms, worst ${worst.toFixed(1)} ms; change and search ${changeMs.toFixed(2)} ms`,
    );
    assert.ok(usual < 60, `usual ${usual} ms`);
    assert.ok(worst < 400, `worst ${worst} ms`);
    assert.ok(changeMs < 60, `change ${changeMs} ms`);
  });
});
