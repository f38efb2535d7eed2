/** The two clients of Redis that have a ready store, behind one face for tests. */
import { ioredisStore, redisStore } from 'grantline/stores';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

import { PASSWORD } from './server.mjs';

/** Each connects to a server of `startRedis`: `{ client, store, close }`. */
export const CLIENTS = {
  'node-redis': async ({ socket }, { username, password = PASSWORD, options } = {}) => {
    const client = createClient({ socket: { path: socket }, password, ...(username ? { username } : {}) });
    // Whoever uses the client hears of it, too.
    client.on('error', () => {});
    await client.connect();
    return { client, store: redisStore(client, options), close: () => client.destroy() };
  },
  ioredis: async ({ socket }, { username, password = PASSWORD, options } = {}) => {
    const client = new Redis({ path: socket, password, lazyConnect: true, ...(username ? { username } : {}) });
    client.on('error', () => {});
    await client.connect();
    return { client, store: ioredisStore(client, options), close: () => client.disconnect() };
  },
};
