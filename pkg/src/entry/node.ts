/** Node, Bun and Deno: reads the wasm module from disk when it is first needed. */
import { readFileSync } from 'node:fs';

import * as glue from '../../wasm/grantline.js';
import { provide } from '../wasm.js';

provide(() => {
  glue.initSync({ module: readFileSync(new URL('../../wasm/grantline_bg.wasm', import.meta.url)) });
  return glue;
});

export * from '../index.js';
