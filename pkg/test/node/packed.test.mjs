/** The package as npm would publish it: complete, without dependencies, and usable where it is installed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const npm = (args, cwd) => run('npm', [...args, '--loglevel=error'], { cwd, shell: process.platform === 'win32' });
const pkg = fileURLToPath(new URL('../../', import.meta.url));

let folder;
let installed;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantline-packed-'));
  const { stdout } = await npm(['pack', '--json', '--pack-destination', folder], pkg);
  const [{ filename: archive }] = JSON.parse(stdout);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await npm(['install', '--offline', '--no-audit', '--no-fund', join(folder, archive)], folder);
  installed = join(folder, 'node_modules/grantline');
});

after(() => rm(folder, { recursive: true, force: true }));

test('every file that the exports name is in the package', async () => {
  const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const missing = targets(exports).filter((path) => !existsSync(join(installed, path)));
  assert.deepEqual(missing, []);
});

test('the licences are in the package, sources and tests are not', () => {
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT', 'connector.schema.json']) assert.ok(existsSync(join(installed, name)), name);
  for (const name of ['src', 'test', 'node_modules']) assert.ok(!existsSync(join(installed, name)), name);
});

test('an installed package can be imported and called', async () => {
  const script = "import { version } from 'grantline'; console.log(version())";
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
  assert.match(stdout, /^\d+\.\d+\.\d+/);
});

test('the ready stores need no package of their own', async () => {
  const load = "console.log(await keyvStore(new Map([['a', 'b']])).load('a'))";
  const script = `import { keyvStore } from 'grantline/stores'; ${load}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
  assert.equal(stdout, 'b\n');
});

function targets(exports) {
  return typeof exports === 'string' ? [exports] : Object.values(exports).flatMap(targets);
}
