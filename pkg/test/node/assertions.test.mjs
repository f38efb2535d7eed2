/** Connections that sign, and those that would need a client certificate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jwtVerify } from 'jose';

import { connect, sign } from 'grantline';

const CONNECTOR = {
  id: 'assertions',
  title: 'Assertions',
  base_url: 'https://api.example.com',
  hosts: ['api.example.com'],
  parameters: [
    { name: 'clientId', title: 'Client id', type: 'string' },
    { name: 'privateKey', title: 'Private key', type: 'securestring' },
  ],
  auth: {
    values: {
      assertion: {
        jwt: {
          algorithm: 'ES256',
          key: '{privateKey}',
          claims: { iss: '{clientId}', sub: '{clientId}', aud: 'https://api.example.com/token' },
          lifetime_seconds: 300,
        },
      },
    },
    acquire: {
      method: 'POST',
      url: 'https://api.example.com/token',
      form: { grant_type: 'client_credentials', client_assertion: '{assertion}' },
    },
    token: { value: '/access_token' },
    apply: { headers: { authorization: 'Bearer {accessToken}' } },
  },
};

async function pair(parameters) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
  const text = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return { pem: `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`, publicKey };
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** Gives the assertion of each request to a function, and a token in return. */
function server(assertions) {
  return async (_, init) => {
    assertions.push(new URLSearchParams(init.body).get('client_assertion'));
    return Response.json({ access_token: 't0ken', expires_in: 3600 });
  };
}

test('an assertion is signed for each token request', async () => {
  const { pem, publicKey } = await pair(P256);
  const assertions = [];
  const connection = await connect(CONNECTOR, { clientId: 'me', privateKey: pem }, { fetch: server(assertions) });
  assert.equal((await connection.token()).value, 't0ken');
  await connection.renew();
  assert.equal(assertions.length, 2);
  for (const assertion of assertions) {
    const { payload } = await jwtVerify(assertion, publicKey, { audience: 'https://api.example.com/token' });
    assert.equal(payload.iss, 'me');
  }
});

test('a host that steps itself signs with the helper', async () => {
  const { pem, publicKey } = await pair(P256);
  const connection = await connect(CONNECTOR, { clientId: 'me', privateKey: pem });
  const flow = connection.start();
  let step = flow.advance({ kind: 'start' });
  assert.equal(step.kind, 'sign');
  step = flow.advance(await sign(step));
  assert.equal(step.kind, 'send');
  await jwtVerify(new URLSearchParams(step.body).get('client_assertion'), publicKey);
  step = flow.advance({ kind: 'response', status: 200, body: '{"access_token":"t0ken"}' });
  assert.equal(step.output.token.value, 't0ken');
});

test('a key of the wrong kind is the parameter at fault, and nothing is sent', async () => {
  const { pem } = await pair({ name: 'ECDSA', namedCurve: 'P-384' });
  const assertions = [];
  const connection = await connect(CONNECTOR, { clientId: 'me', privateKey: pem }, { fetch: server(assertions) });
  await assert.rejects(connection.token(), {
    code: 'invalid_parameter',
    parameter: 'privateKey',
    message: "parameter 'privateKey' cannot sign: it cannot be read, or is of the wrong kind for ES256",
  });
  assert.deepEqual(assertions, []);
});

test('a connector with a client certificate is refused when the connection is made', async () => {
  const auth = { ...CONNECTOR.auth, client_certificate: { certificate: '{clientId}', key: '{privateKey}' } };
  const { pem } = await pair(P256);
  await assert.rejects(connect({ ...CONNECTOR, auth }, { clientId: 'me', privateKey: pem }), {
    code: 'invalid_request',
    message: /needs a client certificate, which this platform cannot send: run this connector natively/,
  });
});
