/** The API of the package, the same on every platform. */
import { bindings } from './wasm.js';

/** The version of the wasm module, which is that of the package. */
export function version(): string {
  return bindings().version();
}
