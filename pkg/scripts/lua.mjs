/**
 * Writes src/generated/lua.ts: the scripts that Redis runs for grantline-redis, so that processes in Rust and in
 * JavaScript keep to the same rules.
 *
 * `node scripts/lua.mjs` writes the file; a test compares it with what this module makes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../crates/redis/src/', import.meta.url);

export const TARGET = new URL('../src/generated/lua.ts', import.meta.url);

/** The text of the file. */
export async function generate() {
  const script = async (name) => JSON.stringify(await readFile(new URL(`${name}.lua`, FOLDER), 'utf8'));
  return [
    '// Generated from crates/redis by scripts/lua.mjs: do not edit.\n',
    '/** Writes a record over the expected revision: 1 if it did, 0 if another is there, -1 if that is no record. */',
    `export const SAVE =\n  ${await script('save')};\n`,
    '/** Deletes a lease if it is still its owner\'s. */',
    `export const RELEASE =\n  ${await script('release')};\n`,
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(TARGET, await generate());
