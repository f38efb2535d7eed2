/** The two clients of Redis that have a ready store, behind one face for tests. */
import { ioredisStore, redisStore } from 'grantline/stores';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

import { PASSWORD } from './server.mjs';

/**
 * Each connects to a server of `startRedis`: `{ client, store, close }`. A client that is `hasty` fails at once when it
 * has no server, others wait for one.
 */
export const CLIENTS = {
  'node-redis': async ({ socket }, { username, password = PASSWORD, hasty = false, options } = {}) => {
    const login = { password, ...(username ? { username } : {}) };
    const client = createClient({ socket: { path: socket }, ...login, disableOfflineQueue: hasty });
    // Whoever uses the client hears of it, too.
    client.on('error', () => {});
    await client.connect();
    return { client, store: redisStore(client, options), close: () => client.destroy() };
  },
  ioredis: async ({ socket }, { username, password = PASSWORD, hasty = false, options } = {}) => {
    const login = { password, ...(username ? { username } : {}) };
    const settings = { lazyConnect: true, enableOfflineQueue: !hasty, enableReadyCheck: !username };
    const client = new Redis({ path: socket, ...login, ...settings });
    client.on('error', () => {});
    await client.connect();
    return { client, store: ioredisStore(client, options), close: () => client.disconnect() };
  },
};
