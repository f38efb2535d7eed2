/** How the package loads in Node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

test('importing does not load the wasm module, using it does', async () => {
  const { initSync } = await import('../../wasm/grantline.js');
  assert.equal(typeof initSync, 'function');
  const inner = await import('../../dist/wasm.js');
  assert.throws(() => inner.bindings(), /import the package itself/);
  await assert.rejects(inner.ready(), /import the package itself/);

  const { version } = await import('grantline');
  assert.match(version(), /^\d+\.\d+\.\d+/);
  assert.equal(await inner.ready(), inner.bindings());
});
