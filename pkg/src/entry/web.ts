/** Browsers and bundlers: fetches the wasm module, which lies beside the script, before the import is done. */
import * as glue from '../../wasm/grantline.js';
import { provide, ready } from '../wasm.js';

provide(async () => {
  // Written out like this, so that bundlers see it and copy the file.
  await glue.default({ module_or_path: new URL('../../wasm/grantline_bg.wasm', import.meta.url) });
  return glue;
});
await ready();

export * from '../index.js';
