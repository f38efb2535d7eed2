/** How a client proves itself: each server takes some ways and refuses others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PEERS, withPeer } from './peer.mjs';

for (const name of Object.keys(PEERS)) {
  describe(name, () => {
    it('takes some encodings of the credentials and refuses others', () =>
      withPeer(name, undefined, async (peer) => {
        assert.equal(Object.keys(peer.facts.encodings).length, 4);
        for (const [connector, expected] of Object.entries(peer.facts.encodings)) {
          const connection = await peer.connect(connector);
          if (expected === 'granted') {
            assert.ok(await peer.accepts((await connection.token()).value), connector);
            assert.deepEqual(await connection.test(), { ok: true, status: 200 });
          } else {
            denied(await connection.token().then(assert.fail, (error) => error), expected);
          }
        }
      }));

    it('is asked once with a wrong secret', () =>
      withPeer(name, undefined, async (peer) => {
        const connection = await peer.connect('body', { clientSecret: 'wrong' });
        for (let turn = 0; turn < 20; turn += 1) {
          denied(await connection.token().then(assert.fail, (error) => error), peer.facts.wrongSecret);
        }
        assert.equal(peer.grants().length, 1);
      }));
  });
}

function denied(error, expected) {
  assert.deepEqual([error.code, error.status, error.serverCode], ['denied', expected.status, expected.code]);
  assert.ok(error.retryAt);
}
