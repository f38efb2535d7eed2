/** Runs the shared tests and those of pages in this page and reports to run.mjs. */
import * as grantline from 'grantline';

import * as inner from '/dist/wasm.js';

import { suites } from '../shared/all.mjs';
import * as pages from './pages.mjs';

const context = {
  grantline,
  inner,
  fake: globalThis.fake,
  emulator: globalThis.emulator,
  read: async (path) => (await fetched(path)).text(),
  list: async (folder) => (await fetched(folder)).json(),
};

// The last of the shared suites looks at what all others have printed.
for (const [name, { tests }] of Object.entries({ pages, ...suites })) {
  for (const [title, test] of Object.entries(tests)) await run(`${name}: ${title}`, test);
}
globalThis.finished = true;

async function run(title, test) {
  const start = performance.now();
  let error;
  try {
    await test(context);
  } catch (thrown) {
    error = thrown?.stack ?? String(thrown);
  }
  await globalThis.report({ title, error, milliseconds: Math.round(performance.now() - start) });
}

async function fetched(path) {
  const response = await fetch(`/repo/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}
