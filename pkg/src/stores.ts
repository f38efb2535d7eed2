/** Ready stores, `grantline/stores`: each takes a client that exists already. Nothing here loads the wasm module. */
export { keyvStore, type KeyvLike } from './stores/keyv.js';
export {
  ioredisStore,
  redisStore,
  type IoRedisClient,
  type NodeRedisClient,
  type RedisStoreOptions,
} from './stores/redis.js';
export type { Store } from './store.js';
