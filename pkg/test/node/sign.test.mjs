/** The step `sign`, verified by a library of other people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactVerify } from 'jose';

import { sign } from 'grantline';

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };
const KEYS = {
  RS256: { ...RSA, modulusLength: 2048 },
  PS256: { ...RSA, name: 'RSA-PSS', modulusLength: 3072 },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
};

/** A private key as the core gives it, and its public key. */
async function pair(parameters) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return { key, publicKey };
}

function jwt(algorithm) {
  return [{ alg: algorithm }, { iss: 'me' }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
}

for (const [algorithm, parameters] of Object.entries(KEYS)) {
  test(`${algorithm}: another library verifies the signature`, async () => {
    const { key, publicKey } = await pair(parameters);
    const data = jwt(algorithm);
    const event = await sign({ kind: 'sign', algorithm, key, data });
    assert.equal(event.kind, 'signed', JSON.stringify(event));
    assert.match(event.signature, /^[\w-]+$/);
    const { payload } = await compactVerify(`${data}.${event.signature}`, publicKey, { algorithms: [algorithm] });
    assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), { iss: 'me' });
    await assert.rejects(compactVerify(`${data}x.${event.signature}`, publicKey));
  });
}

test('what is wrong with a key is said plainly, and the key is not repeated', async () => {
  const [rsa, p256, short] = await Promise.all(
    [KEYS.RS256, KEYS.ES256, { ...RSA, modulusLength: 1024 }].map((parameters) => pair(parameters)),
  );
  const said = async (algorithm, key) => {
    const event = await sign({ kind: 'sign', algorithm, key, data: 'a.b' });
    assert.deepEqual({ ...event, detail: '' }, { kind: 'failed', fault: 'signing', detail: '' });
    return event.detail;
  };
  for (const [algorithm, key] of [
    ['RS256', p256.key],
    ['ES256', rsa.key],
    ['EdDSA', p256.key],
    ['ES256', p256.key.slice(0, 40)],
    ['ES256', ''],
    ['PS256', 'no base64!'],
  ]) {
    assert.equal(await said(algorithm, key), `it cannot be read, or is of the wrong kind for ${algorithm}`);
  }
  assert.match(await said('RS256', short.key), /less than 2048 bits: too short/);
});

test('a platform without WebCrypto or without an algorithm says so', async (context) => {
  const { key } = await pair(KEYS.ES256);
  const { subtle } = crypto;
  const step = { kind: 'sign', algorithm: 'EdDSA', key, data: 'a.b' };
  context.mock.method(subtle, 'importKey', async () => {
    throw new DOMException('Unrecognized name.', 'NotSupportedError');
  });
  assert.equal((await sign(step)).detail, 'this platform has no EdDSA');
  context.mock.getter(crypto, 'subtle', () => undefined);
  assert.match((await sign(step)).detail, /^this platform has no WebCrypto/);
});
