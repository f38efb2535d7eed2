/** The server renews, and its answer is lost: what the connector declares decides. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PEERS, withPeer } from './peer.mjs';

const SAFE = ['none', 'same', 'grace_replay'];

for (const [name, { rotations }] of Object.entries(PEERS)) {
  describe(name, () => {
    for (const rotation of rotations) {
      it(`needs a person, and revokes nothing (${rotation}, used once)`, () =>
        losing(name, rotation, 'renew-once', async (peer, connection) => {
          for (let turn = 0; turn < 20; turn += 1) await needsReconnect(connection, /the answer to a renewal was lost/);
          assert.deepEqual(peer.grants(), ['refresh_token', 'refresh_token']);
          await lostAnswerLives(peer);
        }));

      it(`gets a first grant, and revokes nothing (${rotation}, used once)`, () =>
        losing(name, rotation, 'renew-or-acquire', async (peer, connection) => {
          assert.equal((await connection.fetch('/api/me')).status, 200);
          assert.deepEqual(peer.grants(), ['refresh_token', 'refresh_token', 'client_credentials']);
          await lostAnswerLives(peer);
        }));

      if (SAFE.includes(rotation)) {
        it(`asks again, and is answered (${rotation}, safe)`, () =>
          losing(name, rotation, 'renew-again', async (peer, connection) => {
            assert.equal((await connection.fetch('/api/me')).status, 200);
            assert.deepEqual(peer.grants(), Array(3).fill('refresh_token'));
          }));
      } else {
        it(`asks again, and is refused (${rotation}, safe against the truth)`, () =>
          losing(name, rotation, 'renew-again', async (peer, connection) => {
            await needsReconnect(connection, /invalid_grant/);
            const { access_token } = lostAnswer(peer);
            assert.equal(await peer.accepts(access_token), rotation !== 'rotate_revoke_family');
          }));
      }
    }
  });
}

it('is given the lost tokens again within the grace that the connector names', () =>
  losing('django-oauth-toolkit', 'grace_replay', 'renew-within-grace', async (peer, connection) => {
    assert.equal((await connection.token()).value, lostAnswer(peer).access_token);
    assert.deepEqual(peer.grants(), Array(3).fill('refresh_token'));
    await lostAnswerLives(peer);
  }));

/** A connection whose token has ended, and whose next answer is lost. */
const losing = (name, rotation, connector, test) =>
  withPeer(name, rotation, async (peer) => {
    const connection = await peer.connect(connector, { refreshToken: await peer.mint() });
    peer.clock.now = (await connection.token()).expiresAt.getTime();
    peer.proxy.lose(1);
    await test(peer, connection);
  });

async function needsReconnect(connection, message) {
  const error = await connection.token().then(assert.fail, (error) => error);
  assert.deepEqual([error.code, error.needsReconnect], ['needs_reconnect', true]);
  assert.match(error.message, message);
}

function lostAnswer(peer) {
  const { status, answer } = peer.proxy.exchanges.find(({ lost }) => lost);
  assert.equal(status, 200);
  return JSON.parse(answer);
}

/** Whatever the lost answer brought still works: no family was revoked. */
async function lostAnswerLives(peer) {
  const { access_token, refresh_token } = lostAnswer(peer);
  assert.ok(await peer.accepts(access_token));
  if (refresh_token) assert.equal(await peer.refresh(refresh_token), 200);
}
