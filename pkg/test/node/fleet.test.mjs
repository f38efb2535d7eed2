/** Many processes on one Redis, in Node and in Rust: together they make one token request. */
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as grantline from 'grantline';

import { FAKE, SECRET, place } from '../fake/place.mjs';
import { serveFake } from '../fake/server.mjs';
import { CLIENTS } from '../redis/clients.mjs';
import { startRedis } from '../redis/server.mjs';

const WORKER = fileURLToPath(new URL('../redis/worker.mjs', import.meta.url));
const CALLERS = 250;
/** `crates/redis/examples/fleet.rs`, built by `cargo xtask test`. */
const RUST = process.env.GRANTLINE_FLEET;

let redis;
let fake;
before(async () => {
  const advice = 'GRANTLINE_FLEET must be the path of the example `fleet`: run `cargo xtask test --only node`';
  if (!RUST) throw new Error(advice);
  [redis, fake] = await Promise.all([startRedis(), serveFake()]);
});
after(async () => {
  fake?.close();
  await redis?.stop();
});

test('four processes with a thousand callers make one token request', async () => {
  const here = await slow();
  const clients = ['node-redis', 'ioredis', 'node-redis', 'ioredis'];
  const fleet = await Promise.all(clients.map((client) => worker(here, client)));
  const outcomes = await Promise.all(fleet.map(({ go }) => go()));
  assert.deepEqual(outcomes, clients.map(() => ({ statuses: { 200: CALLERS }, failed: [] })));
  assert.equal((await here.requests('/token')).length, 1);
  assert.equal((await here.requests('/api/me')).length, 4 * CALLERS);
});

test('a process in Rust uses the token of one in Node, and the other way round', async () => {
  const here = await slow();
  const first = await worker(here, 'node-redis');
  assert.deepEqual(await first.go(), { statuses: { 200: CALLERS }, failed: [] });
  assert.deepEqual(await rust(here), { 200: CALLERS });
  assert.equal((await here.requests('/token')).length, 1);

  const there = await slow();
  assert.deepEqual(await rust(there), { 200: CALLERS });
  const second = await worker(there, 'ioredis');
  assert.deepEqual(await second.go(), { statuses: { 200: CALLERS }, failed: [] });
  assert.equal((await there.requests('/token')).length, 1);

  // What Rust wrote is renewed by Node, and what Node wrote serves in Rust.
  const { store, close } = await CLIENTS['node-redis'](redis);
  const connection = await there.connect({ store, clock: () => Date.now() + 3_600_000 });
  assert.equal((await connection.fetch('/api/me')).status, 200);
  assert.equal(connection.snapshot().revision, 2);
  assert.deepEqual(await rust(there), { 200: CALLERS });
  assert.equal((await there.requests('/token')).length, 2);
  close();
});

test('processes in Rust and in Node that begin at once make one token request', async () => {
  const here = await slow();
  const fleet = await Promise.all(['node-redis', 'ioredis'].map((client) => worker(here, client)));
  const outcomes = await Promise.all([...fleet.map(({ go }) => go()), rust(here), rust(here)]);
  const node = { statuses: { 200: CALLERS }, failed: [] };
  assert.deepEqual(outcomes, [node, node, { 200: CALLERS }, { 200: CALLERS }]);
  assert.equal((await here.requests('/token')).length, 1);
});

/** A place whose first token takes its time, so that everybody asks meanwhile. */
async function slow() {
  const here = place({ grantline, fake });
  await here.script({ delay: 500 });
  return here;
}

/** A process in Node, which waits for `go()`. */
async function worker({ base }, client) {
  const child = fork(WORKER);
  const next = () =>
    new Promise((done, failed) => {
      child.once('message', done);
      child.once('exit', (code) => failed(new Error(`the process ended with ${code}`)));
    });
  child.send({ redis, client, parameters: { baseUrl: base, clientSecret: SECRET }, callers: CALLERS });
  await next();
  const go = () => {
    child.send('go');
    return next();
  };
  return { go };
}

/** A process in Rust: what was answered to its callers. */
async function rust({ base }) {
  const child = spawn(RUST, { stdio: ['pipe', 'pipe', 'pipe'] });
  const parameters = { baseUrl: base, clientSecret: SECRET };
  child.stdin.end(JSON.stringify({ redis: redis.url, connector: FAKE, parameters, callers: CALLERS, path: '/api/me' }));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  assert.deepEqual([err, code], ['', 0]);
  return JSON.parse(out);
}

async function text(stream) {
  let all = '';
  for await (const piece of stream.setEncoding('utf8')) all += piece;
  return all;
}

function ended(child) {
  return new Promise((done, failed) => child.once('error', failed).once('close', done));
}
