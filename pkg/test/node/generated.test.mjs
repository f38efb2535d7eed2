/** Files that are generated and committed. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import * as lua from '../../scripts/lua.mjs';
import * as operations from '../../scripts/operations.mjs';
import { FILES, TARGET, generate, generateFiles } from '../../scripts/parameters.mjs';

test('the parameter types are those of the connector files (else: node scripts/parameters.mjs)', async () => {
  assert.equal(await readFile(TARGET, 'utf8'), await generate());
  assert.equal(await readFile(FILES, 'utf8'), await generateFiles());
});

test('the operation types are those of the connector files (else: node scripts/operations.mjs)', async () => {
  assert.equal(await readFile(operations.TARGET, 'utf8'), await operations.generate());
});

test('Redis runs the scripts of grantline-redis (else: node scripts/lua.mjs)', async () => {
  assert.equal(await readFile(lua.TARGET, 'utf8'), await lua.generate());
});
