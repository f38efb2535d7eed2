/** Keeps everything that the tests print or throw, and finds secrets in it. This must be imported first. */

const seen = [];
const MARK = 'leak-me-not';

for (const name of ['debug', 'error', 'info', 'log', 'warn']) {
  const original = console[name].bind(console);
  console[name] = (...args) => {
    args.forEach(see);
    original(...args);
  };
}

/** Notes something that a person may get to see: an error, a notice, an object that is logged. */
export function see(value) {
  seen.push(shown(value, 0));
  return value;
}

/** Everything that was seen with a secret in it. */
export function leaks() {
  return seen.filter((text) => text.includes(MARK));
}

/** How much was seen. */
export function count() {
  return seen.length;
}

function shown(value, depth) {
  if (typeof value !== 'object' || value === null) return String(value);
  const inspect = value[Symbol.for('nodejs.util.inspect.custom')];
  const parts = [String(value), JSON.stringify(value), inspect ? inspect.call(value) : ''];
  if (value instanceof Error) {
    parts.push(value.stack, ...Object.values(value).map(String), depth < 4 ? shown(value.cause, depth + 1) : '');
  }
  return parts.join('\n');
}
