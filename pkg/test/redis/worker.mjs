/** A process of a fleet: many callers of one connection whose token is kept in Redis. It is told what to do by fork. */
import * as grantline from 'grantline';

import { FAKE } from '../fake/place.mjs';
import { CLIENTS } from './clients.mjs';

const { redis, client, parameters, callers } = await new Promise((done) => process.once('message', done));
const { store, close } = await CLIENTS[client](redis);
const failed = [];
const onEvent = (notice) => notice.kind === 'failed' && failed.push(notice.message);
const connection = await grantline.connect(FAKE, parameters, { store, onEvent, allowInsecureLoopback: true });
process.send('ready');
await new Promise((done) => process.once('message', done));
const answers = await Promise.all(Array.from({ length: callers }, () => connection.fetch('/api/me')));
const statuses = {};
for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
process.send({ statuses, failed });
close();
process.disconnect();
