/** The API of the package, the same on every platform. */
import { bindings } from './wasm.js';

export { check, type Checked, type Problem } from './check.js';
export { connect, type Parameters } from './connect.js';
export {
  Connection,
  type ConnectOptions,
  type Reconnect,
  type Tested,
  type Token,
} from './connection.js';
export {
  connectors,
  type ConnectorFile,
  type ConnectorInfo,
  type ParameterInfo,
  type ParameterSetInfo,
} from './connectors.js';
export { CODES, GrantlineError, type ErrorCode, type ErrorFields, type FaultKind } from './errors.js';
export { Flow, type CallFlow, type GrantFlow } from './flows.js';
export type * from './generated/operations.js';
export type * from './generated/parameters.js';
export type * from './messages.js';
export {
  OperationCall,
  Pages,
  type AnyOperations,
  type Argument,
  type ArgumentsOf,
  type CallInit,
  type CallParameters,
  type OperationId,
  type OperationShape,
  type Page,
  type PagedOperationId,
} from './operation.js';
export type { Fetch, Target } from './request.js';
export { sign } from './sign.js';
export type { Awaitable, Store } from './store.js';

/** The version of the wasm module, which is that of the package. */
export function version(): string {
  return bindings().version();
}
