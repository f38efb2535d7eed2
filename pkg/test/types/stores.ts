/** The ready stores take the clients of the packages themselves, and a store is any object with four methods. */
import { connect, type Store } from 'grantline';
import { ioredisStore, keyvStore, redisStore, type Store as SameStore } from 'grantline/stores';
import { Cluster, Redis } from 'ioredis';
import Keyv from 'keyv';
import { createClient, createClientPool, createCluster } from 'redis';

const parameters = { token: 'a' };
await connect('workstream', parameters, { store: redisStore(createClient()) });
await connect('workstream', parameters, { store: redisStore(createCluster({ rootNodes: [] }), { prefix: 'ours:' }) });
await connect('workstream', parameters, { store: redisStore(createClientPool(), { keepForMillis: 1 }) });
await connect('workstream', parameters, { store: ioredisStore(new Redis()) });
await connect('workstream', parameters, { store: ioredisStore(new Cluster([]), { prefix: 'ours:' }) });
await connect('workstream', parameters, { store: keyvStore(new Keyv({ throwOnErrors: true })) });
await connect('workstream', parameters, { store: keyvStore(new Map<string, string>()) });
keyvStore(new Map<string, unknown>()) satisfies SameStore satisfies Store;

// @ts-expect-error: the two clients are called in different ways
redisStore(new Redis());
// @ts-expect-error: the two clients are called in different ways
ioredisStore(createClient());
// @ts-expect-error: no such option
redisStore(createClient(), { ttl: 1 });
// @ts-expect-error: a Map of numbers keeps no text
keyvStore(new Map<string, number>());

const records = new Map<string, string>();
const own: Store = {
  load: (key) => records.get(key),
  async save(key, record, expected) {
    expected satisfies number;
    return Boolean(records.set(key, record));
  },
  lease: (_key, owner, millis) => owner.length < millis,
  release() {},
};
await connect('workstream', parameters, { store: own });
// @ts-expect-error: a store can lease
await connect('workstream', parameters, { store: { load: own.load, save: own.save } });
// @ts-expect-error: a record is text
await connect('workstream', parameters, { store: { ...own, load: () => ({ revision: 1 }) } });
// @ts-expect-error: whether it was written
await connect('workstream', parameters, { store: { ...own, save: () => {} } });
