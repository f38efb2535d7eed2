/** What is said in pages only (see test/browser/pages.mjs) is not said in Node. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as grantline from 'grantline';

import { place } from '../fake/place.mjs';
import { serveFake } from '../fake/server.mjs';

let fake;
before(async () => (fake = await serveFake()));
after(() => fake.close());

test('a server that no page may ask gives a token to Node', async () => {
  const connection = await place({ grantline, fake }).connect({}, { baseUrl: fake.closed });
  assert.equal((await connection.fetch('/api/me')).status, 200);
});

test('the same failure in Node says nothing of CORS', async () => {
  const here = place({ grantline, fake });
  const vague = () => Promise.reject(new TypeError('Failed to fetch'));
  for (const options of [{}, { fetch: vague }]) {
    const error = await (await here.connect(options, { baseUrl: fake.down })).token().catch((thrown) => thrown);
    assert.equal(error.code, 'exhausted');
    assert.ok(error.message.includes('cannot be reached') && !error.message.includes('CORS'), error.message);
  }
});

test('nobody is warned of a secret in Node', async (context) => {
  const warn = context.mock.method(console, 'warn', () => {});
  await place({ grantline, fake }).connect();
  assert.equal(warn.mock.callCount(), 0);
});
