/** The table of the demo, made of the notices alone. */
const COLUMNS = ['System', 'Step', 'On the wire', 'Result', 'Time'];
const WIDEST = 96;

/** Rows of `{ system, step, notice }` as text. */
export function table(rows) {
  const cells = [COLUMNS, ...rows.map(line)];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const text = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  text.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return text.join('\n');
}

function line({ system, step, notice }) {
  if (notice.kind !== 'sent') return [system, step, '', result(notice), ''];
  return [system, step, shorten(notice.request), String(notice.status ?? notice.fault), `${notice.millis} ms`];
}

function result({ kind, expiresAt, code, message }) {
  if (expiresAt !== undefined) return `${kind}, until ${new Date(expiresAt).toISOString()}`;
  return [kind, code, message && shorten(message)].filter(Boolean).join(': ');
}

function shorten(text) {
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}
