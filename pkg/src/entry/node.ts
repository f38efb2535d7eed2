/** Node, Bun and Deno: reads the wasm modules from disk when they are first needed. */
import { readFileSync } from 'node:fs';

import * as glue from '../../wasm/grantline.js';
import { provide } from '../wasm.js';

provide(
  () => {
    glue.initSync({ module: readFileSync(new URL('../../wasm/grantline_bg.wasm', import.meta.url)) });
    return glue;
  },
  async () => {
    const complete = await import('../../wasm/complete.js');
    complete.initSync({ module: readFileSync(new URL('../../wasm/complete_bg.wasm', import.meta.url)) });
    return complete;
  },
);

export * from '../index.js';
