/**
 * Writes src/generated/parameters.ts: the parameters of the built-in connectors as TypeScript types; and
 * src/generated/files.ts: the files themselves.
 *
 * `node scripts/parameters.mjs` writes both; a test compares them with what this module makes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../crates/connectors/connectors/', import.meta.url);
/** The built-in connectors. */
export const IDS = ['workspan', 'appspace', 'workspace-one-access', 'workstream'];
const TYPES = { string: 'string', securestring: 'string', int: 'number | string', bool: 'boolean | string' };

export const TARGET = new URL('../src/generated/parameters.ts', import.meta.url);

/** The text of the file. */
export async function generate() {
  const connectors = await Promise.all(IDS.map(read));
  const entries = connectors.map(({ id, title }) => `  /** ${title}. */\n  '${id}': ${pascal(id)}Parameters;`);
  return [
    '// Generated from crates/connectors by scripts/parameters.mjs: do not edit.\n',
    ...connectors.map(types),
    '/** The built-in connectors, and what a connection to each needs. */',
    `export interface BuiltIn {\n${entries.join('\n')}\n}\n`,
  ].join('\n');
}

export const FILES = new URL('../src/generated/files.ts', import.meta.url);

/** The text of the other one. Nothing in it but text, so that it needs no reading before it is used. */
export async function generateFiles() {
  const entries = (await Promise.all(IDS.map(read))).map(({ $schema, ...file }) => {
    const text = JSON.stringify(file).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    return `  '${file.id}':\n    '${text}',`;
  });
  return [
    '// Generated from crates/connectors by scripts/parameters.mjs: do not edit.\n',
    '/** The files of the built-in connectors by their ids. A test of the Rust crate has checked them. */',
    `export const FILES: Readonly<Record<string, string>> = {\n${entries.join('\n')}\n};\n`,
  ].join('\n');
}

/** A connector file. */
export async function read(id) {
  return JSON.parse(await readFile(new URL(`${id}.json`, FOLDER), 'utf8'));
}

function types({ id, title, parameters = [], sets = [] }) {
  const name = `${pascal(id)}Parameters`;
  if (sets.length === 0) return record(name, `Parameters of ${title}.`, parameters);
  const ways = sets.map((set) => ({ ...set, type: `${pascal(id)}${pascal(set.name)}Parameters` }));
  return [
    ...ways.map((way) => record(way.type, `${title}: ${way.title}.`, [...parameters, ...way.parameters])),
    `/** Parameters of ${title}: one of its ways to authenticate. */`,
    `export type ${name} = ${ways.map((way) => way.type).join(' | ')};\n`,
  ].join('\n');
}

function record(name, doc, parameters) {
  return `/** ${doc} */\nexport interface ${name} {\n${parameters.map(field).join('\n')}\n}\n`;
}

function field({ name, type, title, help, optional, default: value, allowed = [] }) {
  const free = optional || value !== undefined;
  const known = allowed.length > 0 ? allowed.map((word) => JSON.stringify(word)).join(' | ') : TYPES[type];
  const doc = [`${title}.`, help, value === undefined ? undefined : `Default: \`${value}\`.`].filter(Boolean);
  return `  /** ${doc.join(' ')} */\n  ${name}${free ? '?' : ''}: ${known}${free ? ' | undefined' : ''};`;
}

/** A name as TypeScript writes one of a type. */
export function pascal(text) {
  return text.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(TARGET, await generate());
  await writeFile(FILES, await generateFiles());
}
