/** Patterns of parameters: the table that the native adapter reads, too. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { connect } from 'grantline';

const table = JSON.parse(await readFile(new URL('../../../tests/patterns.json', import.meta.url), 'utf8'));

/** Whether a connection can be made; its error if not. Values of JSON are taken as they are. */
async function refusal(pattern, value) {
  const connector = {
    id: 'patterns',
    title: 'Patterns',
    base_url: 'https://api.example.com',
    hosts: ['api.example.com'],
    parameters: [{ name: 'value', title: 'Value', type: 'string', pattern, pattern_help: 'what it should be' }],
    auth: {
      acquire: { method: 'POST', url: 'https://api.example.com/token', json: { value: '{value}' } },
      token: { value: '/token' },
      apply: { headers: { authorization: 'Bearer {accessToken}' } },
    },
  };
  try {
    await connect(connector, { value });
    return undefined;
  } catch (error) {
    return error;
  }
}

test('the whole value must match', async () => {
  for (const { pattern, yes, no } of table.read) {
    for (const value of yes.filter(Boolean)) {
      assert.equal(await refusal(pattern, value), undefined, `${pattern} with ${JSON.stringify(value)}`);
    }
    for (const value of no.filter(Boolean)) {
      const error = await refusal(pattern, value);
      const message = "parameter 'value' does not have the right form: what it should be";
      assert.equal(error?.message, message, `${pattern} with ${JSON.stringify(value)}`);
      assert.equal(error.code, 'invalid_parameter');
    }
  }
});

test('a pattern that cannot be read is the fault of the connector', async () => {
  let refused = 0;
  for (const { pattern, javascript } of table.refused) {
    const error = await refusal(pattern, 'no match for anything');
    assert.equal(error?.code, javascript === 'reads' ? 'invalid_parameter' : 'invalid_connector', pattern);
    if (javascript === 'reads') continue;
    refused += 1;
    assert.match(error.message, /the pattern of 'value' cannot be read$/);
  }
  assert.ok(refused > 20);
});
