/** Records in Keyv, or in a Map: for the connections of one process. */
import type { Awaitable, Store } from '../store.js';

/** What is needed of a Keyv; a `Map` has it, too. */
export interface KeyvLike {
  get(key: string): Awaitable<unknown>;
  set(key: string, value: string): unknown;
  /** Keyv 5: whether a failure is thrown. */
  readonly throwOnErrors?: boolean;
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  off?(event: 'error', listener: (error: unknown) => void): unknown;
}

/** What all stores of one Keyv share: who holds which lease until when, and whose turn it is. */
interface Room {
  readonly leases: Map<string, { readonly owner: string; readonly until: number }>;
  readonly turns: Map<string, Promise<unknown>>;
}

const rooms = new WeakMap<object, Room>();

/**
 * A store in Keyv, or in a `Map`, **for one process**: Keyv can neither compare before it writes nor lease, so both are
 * done here in memory. All stores of one Keyv object share them. The records outlive the process if the Keyv keeps
 * them; two processes on one Keyv would renew twice, and write over each other.
 *
 * @throws TypeError if the Keyv hides its failures: then a store out of reach would look empty, and be written over.
 * Give Keyv 5 `{ throwOnErrors: true }`.
 */
export function keyvStore(keyv: KeyvLike): Store {
  if (keyv.throwOnErrors === false) {
    throw new TypeError('keyvStore: this Keyv hides its failures; make it with { throwOnErrors: true }');
  }
  const room = rooms.get(keyv) ?? { leases: new Map(), turns: new Map() };
  rooms.set(keyv, room);
  return {
    load: async (key) => (await read(keyv, key)) as string | undefined,
    save: (key, record, expected) => inTurn(room, key, () => write(keyv, key, record, expected)),
    lease(key, owner, millis) {
      if ((room.leases.get(key)?.until ?? 0) > Date.now()) return false;
      room.leases.set(key, { owner, until: Date.now() + millis });
      return true;
    },
    release(key, owner) {
      if (room.leases.get(key)?.owner === owner) room.leases.delete(key);
    },
  };
}

async function write(keyv: KeyvLike, key: string, record: string, expected: number): Promise<boolean> {
  const stored = await read(keyv, key);
  if ((stored === undefined ? 0 : revision(key, stored, record)) !== expected) return false;
  if ((await heard(keyv, () => keyv.set(key, record))) === false) throw new Error(`Keyv did not write the key ${key}`);
  return true;
}

async function read(keyv: KeyvLike, key: string): Promise<unknown> {
  return (await heard(keyv, () => keyv.get(key))) ?? undefined;
}

/** The revision of the stored record, which is not written over if nobody here can read it. */
function revision(key: string, stored: unknown, ours: string): number {
  try {
    const [found, own] = [JSON.parse(String(stored)), JSON.parse(ours)];
    if (Number.isInteger(found.revision) && found.version <= own.version) return found.revision;
  } catch {
    // What a parser says may quote the record.
  }
  throw new Error(`the key ${key} of Keyv holds no record that this version can read (rename the key, or delete it)`);
}

/** Keyv 6 tells its failures as events only. Its words are not shown: they may quote the record. */
async function heard<T>(keyv: KeyvLike, action: () => Awaitable<T>): Promise<T> {
  let failed: { error: unknown } | undefined;
  const listener = (error: unknown) => (failed = { error });
  keyv.on?.('error', listener);
  try {
    const outcome = await action();
    if (failed) throw failed.error;
    return outcome;
  } catch (error) {
    const { name = 'Error', code } = (error ?? {}) as { name?: unknown; code?: unknown };
    throw new Error(`Keyv failed with ${String(code ?? name)}`);
  } finally {
    keyv.off?.('error', listener);
  }
}

/** One after the other, as long as it is about the same key. */
async function inTurn<T>(room: Room, key: string, action: () => Promise<T>): Promise<T> {
  const turn = (room.turns.get(key) ?? Promise.resolve()).then(action, action);
  room.turns.set(key, turn);
  try {
    return await turn;
  } finally {
    if (room.turns.get(key) === turn) room.turns.delete(key);
  }
}
