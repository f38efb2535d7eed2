/** `private_key_jwt` (RFC 7523) with `oidc-provider`: the client signs an assertion instead of sending a secret. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { withKeys } from './peer.mjs';

const RSA = ['rsa', { modulusLength: 2048 }];
const ALGORITHMS = { RS256: RSA, PS256: RSA, ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}] };

function pair([kind, options], type = 'pkcs8') {
  const publicKeyEncoding = { type: 'spki', format: 'pem' };
  return generateKeyPairSync(kind, { ...options, publicKeyEncoding, privateKeyEncoding: { type, format: 'pem' } });
}

describe('oidc-provider', () => {
  for (const [algorithm, kind] of Object.entries(ALGORITHMS)) {
    it(`takes assertions with ${algorithm}, each of them once`, async () => {
      const { publicKey, privateKey } = pair(kind);
      await withKeys([publicKey], async (peer) => {
        const connection = await peer.signing(algorithm, privateKey);
        assert.ok(await peer.accepts((await connection.token()).value));
        assert.deepEqual(await connection.test(), { ok: true, status: 200 });
        await connection.renew();
        assert.equal(peer.grants().length, 2);
      });
    });
  }

  it('takes assertions of keys that came as PKCS#1 and as SEC1', async () => {
    const [rsa, ec] = [pair(RSA, 'pkcs1'), pair(ALGORITHMS.ES256, 'sec1')];
    await withKeys([rsa.publicKey, ec.publicKey], async (peer) => {
      assert.match(rsa.privateKey, /^-----BEGIN RSA PRIVATE KEY/);
      await (await peer.signing('RS256', rsa.privateKey)).token();
      assert.match(ec.privateKey, /^-----BEGIN EC PRIVATE KEY/);
      await (await peer.signing('ES256', ec.privateKey)).token();
    });
  });

  it('refuses an assertion of another key, and is asked once', async () => {
    await withKeys([pair(ALGORITHMS.ES256).publicKey], async (peer) => {
      const connection = await peer.signing('ES256', pair(ALGORITHMS.ES256).privateKey);
      for (let turn = 0; turn < 3; turn += 1) {
        const error = await connection.token().then(assert.fail, (refused) => refused);
        assert.deepEqual([error.code, error.status, error.serverCode], ['denied', 401, 'invalid_client']);
      }
      assert.equal(peer.grants().length, 1);
    });
  });
});
