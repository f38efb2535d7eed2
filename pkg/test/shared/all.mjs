/**
 * The tests that run on every platform. A suite is a module that exports `tests`: names and functions.
 *
 * Each function gets a context, made by the runner of the platform:
 * - `grantline`: the package, as a user imports it
 * - `inner`: its seam to the wasm module
 * - `emulator`: `{ url, systems }` of the running emulator
 * - `fake`: `{ url, closed, down }` of the servers of `test/fake`, and a URL where nothing listens
 * - `read(path)`, `list(folder)`: text of a file, and all files below a folder; paths are relative to the repository
 */
import './leaks.mjs';

import * as connection from './connection.mjs';
import * as examples from './examples.mjs';
import * as leaking from './leaking.mjs';
import * as life from './life.mjs';
import * as mainJob from './main-job.mjs';
import * as operations from './operations.mjs';
import * as packageSuite from './package.mjs';
import * as store from './store.mjs';
import * as surface from './surface.mjs';
import * as vectors from './vectors.mjs';

export const suites = { package: packageSuite, vectors, surface, connection, operations, life, store, 'main job': mainJob, leaking, examples };
