/** How the package loads in Node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

test('inner files point to the package, and the package loads by itself', async () => {
  const inner = await import('../../dist/wasm.js');
  assert.throws(() => inner.bindings(), /import the package itself/);
  await assert.rejects(inner.ready(), /import the package itself/);

  const { version } = await import('grantline');
  assert.match(version(), /^\d+\.\d+\.\d+/);
  assert.equal(await inner.ready(), inner.bindings());
});

test('a loader that fails is tried again, and one at a time', async () => {
  const { provide, ready, bindings, complete } = await import('../../dist/wasm.js?fresh');
  let calls = 0;
  provide(async () => {
    calls += 1;
    if (calls === 1) throw new Error('offline');
    return { version: () => 'loaded' };
  });
  await assert.rejects(complete(), /import the package itself/);
  const first = await Promise.allSettled([ready(), ready()]);
  assert.deepEqual(first.map(({ reason }) => reason?.message), ['offline', 'offline']);
  assert.throws(() => bindings(), /still loading/);
  assert.equal((await ready()).version(), 'loaded');
  assert.equal(bindings().version(), 'loaded');
  assert.equal(calls, 2);
});

test('the second module is loaded once, when it is needed, and tried again after a failure', async () => {
  const { provide, complete } = await import('../../dist/wasm.js?second');
  let calls = 0;
  provide(
    () => ({ version: () => 'loaded' }),
    async () => {
      calls += 1;
      if (calls === 1) throw new Error('offline');
      return { check: () => [] };
    },
  );
  assert.equal(calls, 0);
  const first = await Promise.allSettled([complete(), complete()]);
  assert.deepEqual(first.map(({ reason }) => reason?.message), ['offline', 'offline']);
  const [one, other] = await Promise.all([complete(), complete()]);
  assert.equal(one, other);
  assert.equal(calls, 2);
});
