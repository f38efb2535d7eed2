/** A shared store: what a host gives, and how the steps of the core are done with it. */
import { failure } from './errors.js';
import type { Event, GrantStep } from './messages.js';

/** A value, now or later. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * A place for the records of connections, shared by everything that uses it. `grantline/stores` has some ready.
 *
 * It decides nothing: what is written and when is said by the core. It must keep three promises: a record is written as
 * a whole or not at all, only over the expected one, and a lease has one owner. A key is the connector's id, a hyphen
 * and 64 hexadecimal digits that stand for all parameters. A record is text, JSON with a number `revision`; it holds
 * tokens.
 *
 * A method that cannot do its work throws or rejects. The connection then works on from memory and tells so in a
 * harmless notice with these words, which must hold no secret. It waits five seconds for an answer.
 */
export interface Store {
  /** The text of a record; nothing if there is none. */
  load(key: string): Awaitable<string | null | undefined>;
  /** Writes a record if the `revision` in the stored one is `expected`, zero if there must be none. Whether it did. */
  save(key: string, record: string, expected: number): Awaitable<boolean>;
  /**
   * Tries, without waiting, to get for `owner` the exclusive right to renew. Whether it did. The right ends by itself
   * after so many milliseconds.
   */
  lease(key: string, owner: string, millis: number): Awaitable<boolean>;
  /** Gives the right back, if it is still this owner's. */
  release(key: string, owner: string): Awaitable<unknown>;
}

/** What the wasm module calls: gives the text of a record, or an event. It never rejects. */
export type Keeper = (key: string, step: GrantStep) => Promise<string | Event>;

const METHODS = ['load', 'save', 'lease', 'release'] as const;
const PATIENCE_MS = 5_000;

/** The keeper of one connection, which holds at most one lease. */
export function keeper(store: Store): Keeper {
  const missing = METHODS.find((name) => typeof (store as Partial<Store> | null)?.[name] !== 'function');
  if (missing) throw failure('misuse', `the store has no method '${missing}'`);
  /** The last record that was seen: what fails may quote it. */
  let seen = '';
  let owner = '';
  const load = async (key: string): Promise<string | Event> => {
    const text = await within(store.load(key));
    if (text === undefined || text === null) return { kind: 'loaded' };
    if (typeof text !== 'string') throw new Error('load() must give the text of the record');
    return (seen = text);
  };
  const lease = async (key: string, millis: number): Promise<Event> => {
    const mine = randomName();
    const asked = (async () => store.lease(key, mine, millis))();
    try {
      const granted = sure('lease', await within(asked));
      if (granted) owner = mine;
      return { kind: 'leased', granted };
    } catch (error) {
      // It may be ours all the same: it is given back as soon as it can be there. At worst it ends by itself.
      const giveBack = () => store.release(key, mine);
      asked.then(giveBack, giveBack).then(undefined, () => {});
      throw error;
    }
  };
  const perform = async (key: string, step: GrantStep): Promise<string | Event> => {
    switch (step.kind) {
      case 'load':
        return load(key);
      case 'lease':
        return lease(key, step.millis);
      case 'save':
        seen = JSON.stringify(step.record);
        return { kind: 'saved', written: sure('save', await within(store.save(key, seen, step.expected))) };
      default:
        await within(store.release(key, owner));
        return { kind: 'released' };
    }
  };
  return async (key, step) => {
    try {
      return await perform(key, step);
    } catch (error) {
      return { kind: 'failed', fault: 'store', detail: `${step.kind}() failed: ${masked(words(error), seen)}` };
    }
  };
}

/** Waits for a store, but not for ever. */
async function within<T>(answer: Awaitable<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`there was no answer within ${PATIENCE_MS / 1000} seconds`));
    timer = setTimeout(late, PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** A store that forgets to answer would look like one that never writes. */
function sure(method: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new Error(`${method}() must give true or false`);
}

function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What was thrown, in its own words. */
function words(error: unknown): string {
  const { message = error, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' ? message : '';
  const known = typeof code === 'string' && !text.includes(code) ? code : '';
  return [text, known].filter(Boolean).join(': ').slice(0, 300) || 'it does not say why';
}

/** So much of a token tells that it is one, though the rest may be cut off. */
const TELLING = 12;

/** A store may quote what it was given: its words end where a token begins. */
function masked(text: string, record: string): string {
  const tokens = Array.from(record.matchAll(/"value"\s*:\s*"((?:[^"\\]|\\.)+)"/g), ([, token = '']) => token);
  const starts = tokens.map((token) => text.indexOf(token.slice(0, TELLING))).filter((start) => start >= 0);
  return starts.length > 0 ? `${text.slice(0, Math.min(...starts))}•••` : text;
}
