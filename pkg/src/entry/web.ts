/**
 * Browsers and bundlers: fetches the wasm module, which lies beside the script, before the import is done; the second one
 * when it is first needed.
 */
import * as glue from '../../wasm/grantline.js';
import { provide, ready } from '../wasm.js';

// The addresses are written out like this, so that bundlers see them and copy the files.
provide(
  async () => {
    await glue.default({ module_or_path: new URL('../../wasm/grantline_bg.wasm', import.meta.url) });
    return glue;
  },
  async () => {
    const complete = await import('../../wasm/complete.js');
    await complete.default({ module_or_path: new URL('../../wasm/complete_bg.wasm', import.meta.url) });
    return complete;
  },
);
await ready();

export * from '../index.js';
