/** What must and must not compile for a user of the package. It is checked and never run. */
import { version } from 'grantline';

version() satisfies string;

// @ts-expect-error: takes nothing
version(1);

// @ts-expect-error: inner files stay inner
await import('grantline/dist/wasm.js');
