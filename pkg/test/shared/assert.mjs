/** The few assertions that the shared tests need, for hosts without node:assert. */

import { see } from './leaks.mjs';

/** Fails unless `condition` holds. */
export function ok(condition, message = 'expected something true') {
  if (!condition) throw new Error(message);
}

/** Fails unless both are the same, compared as JSON with sorted keys. */
export function equal(actual, expected, message = 'values differ') {
  const [a, b] = [text(actual), text(expected)];
  if (a !== b) throw new Error(`${message}\n  actual:   ${a}\n  expected: ${b}`);
}

/** Fails unless `action` throws or rejects; returns the error. */
export async function fails(action, message = 'expected an error') {
  try {
    await action();
  } catch (error) {
    return see(error);
  }
  throw new Error(message);
}

function text(value) {
  return JSON.stringify(value, (_, inner) => (isPlain(inner) ? sorted(inner) : inner)) ?? String(value);
}

function isPlain(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
