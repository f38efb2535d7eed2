/**
 * The tests that run on every platform. A suite is a module that exports `tests`: names and functions.
 *
 * Each function gets a context, made by the runner of the platform:
 * - `grantline`: the package, as a user imports it
 * - `emulator`: `{ url, systems }` of the running emulator
 * - `read(path)`, `list(folder)`: text of a file, and all files below a folder; paths are relative to the repository
 */
import * as packageSuite from './package.mjs';

export const suites = { package: packageSuite };
