/** What is wrong with a connector file. */
import type { ConnectorFile } from './connectors.js';
import { complete } from './wasm.js';

/** One thing that is wrong with a connector file, or looks like a slip. */
export interface Problem {
  /** A JSON Pointer to the place; empty for the whole file. */
  readonly pointer: string;
  /** What is wrong there. */
  readonly message: string;
  /** With an `error` the connector cannot be used; a `warning` looks like a slip; a `hint` would help its users. */
  readonly severity: 'error' | 'warning' | 'hint';
}

/** What {@link check} found. */
export interface Checked {
  /** Everything at once, in the order of the file; empty if all is well. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a connector file: its text, or the object in it. `connect` refuses a connector with an `error`.
 *
 * @example
 * ```ts
 * const { problems } = await check(await readFile('acme.json', 'utf8'));
 * for (const { pointer, message } of problems) console.error(`${pointer}: ${message}`);
 * ```
 */
export async function check(connector: ConnectorFile | object | string): Promise<Checked> {
  const file = typeof connector === 'string' ? connector : JSON.stringify(connector);
  return { problems: (await complete()).check(file) as Problem[] };
}
