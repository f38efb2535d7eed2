/**
 * Writes src/generated/operations.ts: the operations of the built-in connectors as TypeScript types.
 *
 * `node scripts/operations.mjs` writes the file; a test compares it with what this module makes.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { IDS, pascal, read } from './parameters.mjs';

const TYPES = { string: 'string | number', int: 'number | string', number: 'number | string', bool: 'boolean' };

export const TARGET = new URL('../src/generated/operations.ts', import.meta.url);

/** The text of the file. */
export async function generate() {
  const connectors = await Promise.all(IDS.map(read));
  const entries = connectors.map(({ id, title }) => `  /** ${title}. */\n  '${id}': ${pascal(id)}Operations;`);
  return [
    '// Generated from crates/connectors by scripts/operations.mjs: do not edit.\n',
    ...connectors.map(types),
    '/** The operations of the built-in connectors. */',
    `export interface BuiltInOperations {\n${entries.join('\n')}\n}\n`,
  ].join('\n');
}

function types({ id, title, operations = [] }) {
  const body = operations.length === 0 ? '{}' : `{\n${operations.map(operation).join('\n')}\n}`;
  return `/** Operations of ${title}. */\nexport interface ${pascal(id)}Operations ${body}\n`;
}

function operation({ id, summary, parameters = [], paging }) {
  const fields = parameters.map(field).join('\n');
  const given = fields === '' ? 'Record<string, never>' : `{\n${fields}\n    }`;
  const doc = summary === undefined ? '' : `  /** ${sentence(summary)} */\n`;
  return `${doc}  ${key(id)}: {\n    readonly arguments: ${given};\n    readonly paged: ${paging !== undefined};\n  };`;
}

function field({ name, type = 'string', title, help, required, default: value, allowed = [], in: place }) {
  const free = place !== 'path' && (!required || value !== undefined);
  const words = allowed.map((word) => JSON.stringify(word)).join(' | ');
  const item = words === '' ? TYPES[type] : words;
  const known = type === 'list' ? `readonly (${words === '' ? 'string | number' : words})[]` : item;
  const about = [title && sentence(title), help, value === undefined ? undefined : `Default: \`${value}\`.`].filter(Boolean);
  const doc = about.length === 0 ? '' : `      /** ${about.join(' ')} */\n`;
  return `${doc}      ${key(name)}${free ? '?' : ''}: ${known}${free ? ' | null | undefined' : ''};`;
}

function key(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function sentence(text) {
  return text.endsWith('.') ? text : `${text}.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(TARGET, await generate());
