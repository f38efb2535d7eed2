/** Runs the shared tests in Node. */
import { readFile, readdir } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import * as grantline from 'grantline';

import * as inner from '../../dist/wasm.js';
import { serveFake } from '../fake/server.mjs';
import { suites } from '../shared/all.mjs';

const fake = await serveFake();
after(() => fake.close());

const root = new URL('../../../', import.meta.url);
const context = {
  grantline,
  inner,
  fake,
  emulator: {
    url: process.env.GRANTLINE_EMULATOR,
    systems: JSON.parse(process.env.GRANTLINE_EMULATOR_SYSTEMS ?? '{}'),
  },
  read: (path) => readFile(new URL(path, root), 'utf8'),
  list: async (folder) => {
    const entries = await readdir(new URL(folder, root), { recursive: true, withFileTypes: true });
    const base = new URL(root).pathname;
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(base.length))
      .sort();
  },
};

for (const [name, { tests }] of Object.entries(suites)) {
  describe(name, () => {
    for (const [title, test] of Object.entries(tests)) it(title, () => test(context));
  });
}
