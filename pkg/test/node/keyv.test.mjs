/** The ready store in Keyv, by the package itself: for the connections of one process. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, before, test } from 'node:test';
import * as grantline from 'grantline';
import { keyvStore } from 'grantline/stores';
import Keyv from 'keyv';

import { place } from '../fake/place.mjs';
import { serveFake } from '../fake/server.mjs';

const KEY = 'fake-0123';
const places = { Keyv: () => new Keyv({ throwOnErrors: true }), Map: () => new Map() };

let fake;
before(async () => (fake = await serveFake()));
after(() => fake.close());

for (const [name, make] of Object.entries(places)) {
  test(`a record in a ${name} is written only over the expected one`, async () => {
    const store = keyvStore(make());
    assert.equal(await store.load(KEY), undefined);
    assert.equal(await store.save(KEY, record(2), 1), false, 'there is none');
    assert.equal(await store.save(KEY, record(1), 0), true);
    assert.equal(await store.save(KEY, record(1), 0), false, 'there is one');
    assert.equal(await store.save(KEY, record(2), 1), true);
    assert.equal(await store.load(KEY), record(2));
  });

  test(`of many writers to a ${name} one wins`, async () => {
    const keyv = make();
    const written = await Promise.all(Array.from({ length: 20 }, () => keyvStore(keyv).save(KEY, record(1), 0)));
    assert.equal(written.filter(Boolean).length, 1);
  });

  test(`a record in a ${name} that nobody can read is left alone`, async () => {
    const keyv = make();
    for (const content of ['{ torn', '[]', '7', 'null', '{"version":99,"revision":1}']) {
      await keyv.set(KEY, content);
      await assert.rejects(keyvStore(keyv).save(KEY, record(2), 1), /^Error: the key fake-0123 of Keyv .*delete it\)$/);
      assert.equal(await keyv.get(KEY), content);
    }
  });
}

test('a lease of a Keyv has one owner, ends after its time, and is given back by its owner only', (context) => {
  let now = 1_800_000_000_000;
  context.mock.method(Date, 'now', () => now);
  const keyv = places.Keyv();
  const [one, two] = [keyvStore(keyv), keyvStore(keyv)];
  assert.equal(one.lease(KEY, 'a', 120_000), true);
  assert.equal(two.lease(KEY, 'b', 120_000), false, 'all stores of one Keyv know the lease');
  assert.equal(one.lease(KEY, 'a', 120_000), false, 'not even its owner gets it twice');
  assert.equal(keyvStore(places.Keyv()).lease(KEY, 'c', 120_000), true, 'another Keyv is another matter');
  two.release(KEY, 'b');
  assert.equal(two.lease(KEY, 'b', 120_000), false);
  now += 120_000;
  assert.equal(two.lease(KEY, 'b', 120_000), true);
  one.release(KEY, 'a');
  assert.equal(one.lease(KEY, 'a', 120_000), false, 'who came late ended the lease of another');
  two.release(KEY, 'b');
  assert.equal(one.lease(KEY, 'a', 120_000), true);
});

test('a Keyv that hides its failures is refused', () => {
  assert.throws(() => keyvStore(new Keyv()), /throwOnErrors: true/);
});

test('a Keyv that fails is no empty one, and its words are not shown', async () => {
  const nothing = () => {};
  const failing = { get: () => Promise.reject(quoting()), set: nothing, delete: nothing, clear: nothing, on: nothing };
  const five = new Keyv({ store: { ...failing, opts: {} }, throwOnErrors: true });
  // Keyv 6 tells its failures as events, and answers as if there were nothing.
  const hiding = { get: async () => void six.emit('error', quoting()), set: async () => true };
  const six = Object.assign(new EventEmitter(), hiding);
  six.on('error', () => {});
  const refusing = { get: () => undefined, set: async () => false };
  for (const keyv of [five, six]) {
    const store = keyvStore(keyv);
    await assert.rejects(store.load(KEY), /^Error: Keyv failed with SyntaxError$/);
    await assert.rejects(store.save(KEY, record(1), 0), /^Error: Keyv failed with SyntaxError$/);
  }
  assert.equal(six.listenerCount('error'), 1);
  await assert.rejects(keyvStore(refusing).save(KEY, record(1), 0), /did not write the key fake-0123/);
});

test('connections with one Keyv share one token, also after a restart', async () => {
  const here = place({ grantline, fake });
  await here.script({ delay: 50 });
  const disk = new Map();
  const connect = () => here.connect({ store: keyvStore(new Keyv({ store: disk, throwOnErrors: true })) });
  const keyv = new Keyv({ store: disk, throwOnErrors: true });
  const connections = await Promise.all(Array.from({ length: 20 }, () => here.connect({ store: keyvStore(keyv) })));
  const tokens = await Promise.all(connections.map((connection) => connection.token()));
  tokens.push(await (await connect()).token());
  assert.equal(new Set(tokens.map(({ value }) => value)).size, 1);
  assert.equal((await here.requests('/token')).length, 1);
});

function quoting() {
  return new SyntaxError('Unexpected token in "leak-me-not');
}

function record(revision) {
  return JSON.stringify({ version: 1, key: '0123', revision, access: { value: 'leak-me-not', obtainedAt: 1 } });
}
