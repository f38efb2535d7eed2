/** The package itself: does the chain from Rust to this host hold? */
import { equal } from './assert.mjs';

export const tests = {
  'the wasm module answers': async ({ grantline, read }) => {
    equal(grantline.version(), JSON.parse(await read('pkg/package.json')).version);
  },

  'a file of the repository can be listed and read': async ({ list, read }) => {
    const files = await list('pkg/test/shared');
    equal(files.includes('pkg/test/shared/package.mjs'), true);
    equal((await read('pkg/test/shared/package.mjs')).startsWith('/** The package itself'), true);
  },

  'the emulator answers': async ({ emulator }) => {
    // Any answer will do: what it says is the matter of other tests.
    equal((await fetch(emulator.url)).status > 0, true);
  },
};
