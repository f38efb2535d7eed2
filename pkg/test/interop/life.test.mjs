/** The life of a token: its end, its renewal with each kind of rotation, and an API that refuses it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PEERS, withPeer } from './peer.mjs';

for (const [name, { rotations }] of Object.entries(PEERS)) {
  describe(name, () => {
    it('gives a token that lives as long as it says', () =>
      withPeer(name, undefined, async (peer) => {
        const connection = await peer.connect('body');
        const first = await connection.token();
        const said = JSON.parse(peer.proxy.exchanges[0].answer).expires_in;
        assert.equal(first.expiresAt - first.obtainedAt, said * 1000);
        peer.clock.now = first.renewAt.getTime() - 1;
        assert.equal((await connection.token()).value, first.value);
        assert.equal(peer.grants().length, 1);
        peer.clock.now = first.expiresAt.getTime();
        const second = await connection.token();
        assert.notEqual(second.value, first.value);
        assert.ok(await peer.accepts(second.value));
        assert.deepEqual(peer.grants(), Array(2).fill('client_credentials'));
      }));

    it('takes a new token after it has refused one', () =>
      withPeer(name, undefined, async (peer) => {
        await refusedAndRenewed(peer, await peer.connect('body'));
        assert.deepEqual(peer.grants(), Array(2).fill('client_credentials'));
      }));

    for (const rotation of rotations) {
      it(`renews again and again (${rotation})`, () =>
        withPeer(name, rotation, async (peer) => {
          const connection = await peer.connect('renew-once', { refreshToken: await peer.mint() });
          for (let round = 0; round < 4; round += 1) {
            const token = await connection.token();
            assert.ok(await peer.accepts(token.value));
            peer.clock.now = token.expiresAt.getTime();
          }
          assert.deepEqual(peer.grants(), Array(4).fill('refresh_token'));
          assert.ok(peer.proxy.exchanges.every(({ status }) => status === 200));
        }));

      it(`renews a token that it has refused (${rotation})`, () =>
        withPeer(name, rotation, async (peer) => {
          await refusedAndRenewed(peer, await peer.connect('renew-once', { refreshToken: await peer.mint() }));
          assert.deepEqual(peer.grants(), Array(2).fill('refresh_token'));
        }));
    }
  });
}

for (const [connector, status, asked] of [
  ['body', 403, 1],
  ['body-403', 200, 2],
]) {
  it(`gives 403 to its caller unless the connector says otherwise (${connector})`, () =>
    withPeer('django-oauth-toolkit', undefined, async (peer) => {
      const connection = await peer.connect(connector);
      assert.equal((await connection.fetch('/api/decorated')).status, 200);
      await peer.forget();
      assert.equal((await connection.fetch('/api/decorated')).status, status);
      assert.equal(peer.grants().length, asked);
    }));
}

async function refusedAndRenewed(peer, connection) {
  assert.equal((await connection.fetch('/api/me')).status, 200);
  await peer.forget();
  assert.equal((await connection.fetch('/api/me')).status, 200);
  const calls = peer.proxy.exchanges.filter(({ path }) => path === '/api/me');
  assert.deepEqual(calls.map(({ status }) => status), [200, 401, 200]);
}
