/** The ready stores in Redis, by real clients and against a real server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import * as grantline from 'grantline';

import { place } from '../fake/place.mjs';
import { serveFake } from '../fake/server.mjs';
import { CLIENTS } from '../redis/clients.mjs';
import { PASSWORD, startRedis } from '../redis/server.mjs';

const KEY = 'fake-0123';
const LEASE = 'grantline:fake-0123-lease';
const TOKEN = 'leak-me-not-token-of-a-record';

for (const [name, open] of Object.entries(CLIENTS)) {
  describe(name, () => {
    let redis;
    let bare;
    const opened = [];
    const connect = async (...args) => {
      opened.push(await open(redis, ...args));
      return opened.at(-1);
    };
    before(async () => {
      redis = await startRedis();
      bare = await CLIENTS.ioredis(redis);
    });
    after(async () => {
      [...opened, bare].forEach(({ close }) => close());
      await redis.stop();
    });

    it('writes a record only over the expected one', async () => {
      const { store } = await connect();
      assert.equal(await store.load(KEY), undefined);
      assert.equal(await store.save(KEY, record(2), 1), false, 'there is none');
      assert.equal(await store.save(KEY, record(1), 0), true);
      assert.equal(await store.save(KEY, record(1), 0), false, 'there is one');
      assert.equal(await store.save(KEY, record(2), 1), true);
      assert.equal(await store.load(KEY), record(2));
      assert.deepEqual(await bare.client.keys('*'), [`grantline:${KEY}`]);
    });

    it('lets one of many writers win', async () => {
      const stores = await Promise.all(Array.from({ length: 20 }, () => connect()));
      const written = await Promise.all(stores.map(({ store }) => store.save('fake-many', record(1), 0)));
      assert.equal(written.filter(Boolean).length, 1);
    });

    it('has one owner of a lease, who alone ends it', async () => {
      const [{ store: one }, { store: two }] = [await connect(), await connect()];
      assert.equal(await one.lease(KEY, 'a', 120_000), true);
      assert.equal(await two.lease(KEY, 'b', 120_000), false);
      assert.equal(await one.lease(KEY, 'a', 120_000), false, 'not even its owner gets it twice');
      assert.equal(await two.lease('fake-4567', 'b', 120_000), true);
      await two.release(KEY, 'b');
      assert.equal(await bare.client.get(LEASE), 'a');
      await one.release(KEY, 'a');
      assert.equal(await two.lease(KEY, 'b', 120_000), true);
      await two.release(KEY, 'b');
    });

    it('ends a lease after its time, and then it is the next one\'s', async () => {
      const { store } = await connect();
      assert.equal(await store.lease(KEY, 'late', 120_000.4), true);
      const left = await bare.client.pttl(LEASE);
      assert.ok(left > 110_000 && left <= 120_000, String(left));
      // Its time is over now.
      await bare.client.pexpire(LEASE, 0);
      assert.equal(await store.lease(KEY, 'next', 120_000), true);
      await store.release(KEY, 'late');
      assert.equal(await bare.client.get(LEASE), 'next', 'who came late ended the lease of another');
      await store.release(KEY, 'next');
      assert.equal(await bare.client.exists(LEASE), 0);
    });

    it('has a prefix, and lets records end when asked', async () => {
      const { store } = await connect({ options: { prefix: 'ours:', keepForMillis: 3_600_000 } });
      assert.equal(await store.save(KEY, record(1), 0), true, 'another prefix is another record');
      const left = await bare.client.pttl(`ours:${KEY}`);
      assert.ok(left > 3_500_000 && left <= 3_600_000, String(left));
      assert.equal(await bare.client.pttl(`grantline:${KEY}`), -1);
    });

    it('leaves a record alone that nobody can read', async () => {
      const { store } = await connect();
      for (const content of ['{ torn', '[]', '7', '{"version":99,"revision":1}', Buffer.from([0xff])]) {
        await bare.client.set('grantline:fake-broken', content);
        const told = /the Redis key grantline:fake-broken .*delete it/;
        await assert.rejects(store.save('fake-broken', record(2), 1), told);
        assert.deepEqual(await bare.client.getBuffer('grantline:fake-broken'), Buffer.from(content));
      }
      await bare.client.lpush('grantline:fake-list', '1');
      await assert.rejects(store.load('fake-list'), /grantline:fake-list in Redis: the key holds something else/);
    });

    it('needs few rights', async () => {
      const rights = ['on', `>${PASSWORD}`, '~grantline:*', '-@all', '+get', '+set', '+eval', '+del'];
      await bare.client.acl('SETUSER', `few-${name}`, ...rights);
      const { store } = await connect({ username: `few-${name}` });
      assert.equal(await store.load('fake-few'), undefined);
      assert.equal(await store.save('fake-few', record(1), 0), true);
      assert.equal(await store.lease('fake-few', 'a', 1_000), true);
      await store.release('fake-few', 'a');
      const { store: other } = await connect({ username: `few-${name}`, options: { prefix: 'other:' } });
      await assert.rejects(other.load('fake-few'), /the key other:fake-few in Redis: its user may not/);
    });

    it('shows no password and no record', async () => {
      const deaf = await startRedis('--rename-command', 'EVAL', '');
      const client = await open(deaf, { hasty: true });
      try {
        const error = await client.store.save(KEY, record(1), 0).catch((thrown) => thrown);
        assert.match(error.message, /cannot write the key grantline:fake-0123 in Redis: it answered with ERR$/);
        assert.equal(error.cause, undefined, 'a client keeps the command in its error');
        await deaf.stop();
        const gone = await client.store.load(KEY).catch((thrown) => thrown);
        assert.match(gone.message, /^cannot read the key grantline:fake-0123 in Redis: /);
        for (const shown of [error, gone]) assert.ok(!inspect(shown, { depth: 9 }).includes('leak-me-not'));
      } finally {
        client.close();
        await deaf.stop();
      }
    });

    for (const [hasty, title] of [[false, 'that waits for it'], [true, 'that does not wait for it']]) {
      it(`serves from memory without Redis and says so, by a client ${title}`, async () => {
        const [fake, lost] = [await serveFake(), await startRedis()];
        const client = await open(lost, { hasty });
        const own = globalThis.setTimeout;
        try {
          const here = place({ grantline, fake });
          let now = 1_800_000_000_000;
          const connection = await here.connect({ store: client.store, clock: () => now });
          assert.equal((await connection.fetch('/api/me')).status, 200);
          assert.equal(connection.snapshot().revision, 1, 'the record was written');
          await lost.stop();
          now += 3_600_000;
          // Our patience: at its end at once with a client that waits, and never with one that must not need it.
          const patience = hasty ? 600_000 : 0;
          globalThis.setTimeout = (callback, millis, ...rest) =>
            own(callback, millis === 5_000 ? patience : millis, ...rest);
          assert.equal((await connection.fetch('/api/me')).status, 200);
          assert.equal((await here.requests('/token')).length, 2);
          const told = here.notices.filter(({ kind }) => kind === 'failed');
          assert.deepEqual(told.map(({ code, harmless }) => [code, harmless]), [['store', true]]);
          assert.match(told[0].message, /^the store, fake-[0-9a-f]{64}: load\(\) failed: /);
          assert.ok(told[0].message.includes('5 seconds') !== hasty, told[0].message);
          assert.ok(!JSON.stringify(told).includes('leak-me-not'));
        } finally {
          globalThis.setTimeout = own;
          client.close();
          fake.close();
          await lost.stop();
        }
      });
    }
  });
}

function record(revision) {
  return JSON.stringify({ version: 1, key: '0123', revision, access: { value: TOKEN, obtainedAt: 1 } });
}
