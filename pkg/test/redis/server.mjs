/** A Redis server that listens on a socket of its own and keeps nothing. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const PASSWORD = 'leak-me-not-password-of-redis';

/** Starts it; `settings` are more of its options. */
export async function startRedis(...settings) {
  const folder = await mkdtemp(join(tmpdir(), 'grantline-redis-'));
  const socket = join(folder, 'redis.sock');
  const options = ['--port', '0', '--save', '', '--appendonly', 'no', '--requirepass', PASSWORD, '--dir', folder];
  const child = spawn(process.env.REDIS_SERVER ?? 'redis-server', [...options, '--unixsocket', socket, ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('close', done));
  await new Promise((ready, failed) => {
    const advice = 'these tests need redis-server on PATH: install it (Debian: `apt-get install redis-server`)';
    child.once('error', (error) => failed(new Error(advice, { cause: error })));
    child.once('close', () => failed(new Error('redis-server ended')));
    createInterface(child.stdout).on('line', (line) => /ready to accept connections/i.test(line) && ready());
  });
  const stop = async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { socket, url: `redis+unix://${socket}?pass=${PASSWORD}`, stop };
}
