/** Records in Redis or Valkey: the same keys, values and scripts as those of the Rust crate `grantline-redis`. */
import { RELEASE, SAVE } from '../generated/lua.js';
import type { Store } from '../store.js';

/** How a store in Redis names and keeps its keys. */
export interface RedisStoreOptions {
  /** What all keys begin with; `grantline:` if nothing is said. Programs that share tokens use the same. */
  readonly prefix?: string | undefined;
  /**
   * Lets records end so many milliseconds after they were last written. If nothing is said, they stay. A record may be
   * the only copy of a refresh token: take more than its life.
   */
  readonly keepForMillis?: number | undefined;
}

/** What is needed of a client of node-redis (the package `redis`), a cluster or a pool of it. */
export interface NodeRedisClient {
  get(key: string): PromiseLike<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>;
}

/** What is needed of a client of ioredis, or a cluster of it. */
export interface IoRedisClient {
  get(key: string): PromiseLike<unknown>;
  eval(script: string, keys: number, ...rest: string[]): PromiseLike<unknown>;
}

/**
 * A store in Redis or Valkey, by a connected client of node-redis.
 *
 * @example
 * ```ts
 * const client = createClient({ url: process.env.REDIS_URL });
 * await client.connect();
 * const workspan = await connect('workspan', { clientId, clientSecret }, { store: redisStore(client) });
 * ```
 */
export function redisStore(client: NodeRedisClient, options?: RedisStoreOptions): Store {
  const run = (script: string, key: string, args: string[]) => client.eval(script, { keys: [key], arguments: args });
  return inRedis((key) => client.get(key), run, options);
}

/**
 * A store in Redis or Valkey, by a client of ioredis.
 *
 * @example
 * ```ts
 * const store = ioredisStore(new Redis(process.env.REDIS_URL));
 * const workspan = await connect('workspan', { clientId, clientSecret }, { store });
 * ```
 */
export function ioredisStore(client: IoRedisClient, options?: RedisStoreOptions): Store {
  const run = (script: string, key: string, args: string[]) => client.eval(script, 1, key, ...args);
  return inRedis((key) => client.get(key), run, options);
}

type Get = (key: string) => PromiseLike<unknown>;
type Run = (script: string, key: string, args: string[]) => PromiseLike<unknown>;

/** Takes a lease if it is free: 1 if it was. A script, because clients name the options of SET in many ways. */
const LEASE = "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0";

function inRedis(get: Get, run: Run, { prefix = 'grantline:', keepForMillis = 0 }: RedisStoreOptions = {}): Store {
  return {
    async load(name) {
      const key = prefix + name;
      const text = await told('read', key, () => get(key));
      return text === null || text === undefined ? undefined : String(text);
    },
    async save(name, record, expected) {
      const key = prefix + name;
      const args = [String(expected), record, keepForMillis > 0 ? whole(keepForMillis) : '0'];
      const outcome = Number(await told('write', key, () => run(SAVE, key, args)));
      if (outcome >= 0) return outcome === 1;
      throw new Error(`the Redis key ${key} holds no record that this version can read (rename the key, or delete it)`);
    },
    async lease(name, owner, millis) {
      const key = `${prefix}${name}-lease`;
      return Number(await told('lease', key, () => run(LEASE, key, [owner, whole(millis)]))) === 1;
    },
    async release(name, owner) {
      const key = `${prefix}${name}-lease`;
      await told('release', key, () => run(RELEASE, key, [owner]));
    },
  };
}

/** Redis takes whole numbers, and no time of zero. */
function whole(millis: number): string {
  return String(Math.max(1, Math.round(millis)));
}

/** The client's error is not passed on as the cause: it may hold the command, and with it the record. */
async function told<T>(what: string, key: string, command: () => PromiseLike<T>): Promise<T> {
  try {
    return await command();
  } catch (error) {
    throw new Error(`cannot ${what} the key ${key} in Redis: ${why(error)}`);
  }
}

const WHY: Readonly<Record<string, string>> = {
  NOAUTH: 'it refuses the credentials: check the user name and the password',
  WRONGPASS: 'it refuses the credentials: check the user name and the password',
  NOPERM: 'its user may not: it needs GET, SET, EVAL and DEL on these keys',
  READONLY: 'it is a replica: connect to the primary',
  WRONGTYPE: 'the key holds something else: delete it, or use another prefix',
};

/**
 * Redis repeats the arguments of commands it does not know, and those may be a record: only the code of an answer is
 * shown, a word in capitals at its beginning. Other words are those of the client, and of the network.
 */
function why(error: unknown): string {
  const { message = '', code = '' } = (error ?? {}) as { message?: unknown; code?: unknown };
  const answer = /^-?([A-Z]{2,})\b/.exec(String(message))?.[1];
  if (answer) return WHY[answer] ?? `it answered with ${answer}`;
  return String(message || code || 'the client does not say why');
}
