/**
 * The main job on each of the four systems, in Node: get a token, call the API, let the token die, renew it, call
 * again, end it, and see what a wrong secret gives. `cargo xtask demo` starts the emulator, and prints the rows that
 * come from here as the table of `grantline demo`.
 *
 * `GRANTLINE_EMULATOR=http://127.0.0.1:... node demo/demo.mjs [--json]`
 */
import { connect } from 'grantline';

import { Emulator } from './emulator.mjs';
import { life, wire } from './rows.mjs';
import { SYSTEMS } from './systems.mjs';

const PLAIN = 'use the old token';
const emulator = new Emulator(process.env.GRANTLINE_EMULATOR);
const json = process.argv.includes('--json');
const progress = process.stderr.isTTY ? (text) => process.stderr.write(`\r\x1b[K${text}`) : () => {};

let failed = false;
const systems = {};
for (const [id, system] of Object.entries(SYSTEMS)) systems[id] = await job(id, system);
progress('');
if (json) console.log(JSON.stringify({ systems }));
process.exitCode = failed ? 1 : 0;

async function job(id, { path, secret, revokes }) {
  const { baseUrl, parameters } = await emulator.account(id);
  const notices = [];
  const outcome = { acquired: false, called: false, renewed: false, revoked: false, denied: null, requests: 0 };
  let now = await emulator.now();
  const options = { allowInsecureLoopback: true, clock: () => now, onEvent: (notice) => notices.push(notice) };
  const connection = await connect(id, parameters, options);

  /** One row: what went over the wire while `action` ran, and what it says or throws. */
  const step = async (name, action) => {
    progress(`${id}: ${name}`);
    const began = performance.now();
    const [result, fine] = await action().then(
      (words) => [words, true],
      (error) => [error.message, false],
    );
    const millis = performance.now() - began;
    const lines = notices.splice(0).flatMap((notice) => wire(notice, baseUrl));
    outcome.requests += lines.length;
    failed ||= !fine;
    const plain = name === PLAIN ? [`GET ${path}  authorization: Bearer ••• (by a plain client)`] : [];
    if (!json) console.log(JSON.stringify({ system: id, step: name, wire: [...lines, ...plain], result, fine, millis }));
    return fine;
  };
  const call = async () => {
    const response = await connection.fetch(path);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return `${response.status} ${response.statusText}, ${(await response.arrayBuffer()).byteLength} bytes`;
  };

  let first, second;
  outcome.acquired = await step('get a token', async () => life((first = await connection.token()), now, notices));
  outcome.called = await step('call the API', call);
  await step('let the token die', async () => {
    now = await emulator.set(first.expiresAt.getTime() + 1000);
    return 'the clock moved past its end';
  });
  await step('renew', async () => life((second = await connection.token()), now, notices));
  outcome.renewed = (await step('call again', call)) && second.value !== first.value;
  const ended = await step(revokes ? 'revoke' : 'revoke (console)', async () => {
    if (await connection.revoke()) return 'ended at the server';
    await emulator.control(id, { change: 'revoke_all' });
    return 'the service has no request for it: ended by its administrator';
  });
  const refused = await step(PLAIN, async () => {
    const { status, statusText } = await fetch(baseUrl + path, { headers: { authorization: `Bearer ${second.value}` } });
    if (status !== 401) throw new Error(`still taken: ${status} ${statusText}`);
    return `refused: ${status} ${statusText}`;
  });
  outcome.revoked = ended && refused;
  await step('give a wrong secret', async () => {
    const wrong = await connect(id, { ...parameters, [secret]: 'a-wrong-secret' }, options);
    const error = await wrong.token().then(() => undefined, (thrown) => thrown);
    if (!error) throw new Error('a token was given for a wrong secret');
    outcome.denied = { code: error.code, status: error.status ?? null, server_code: error.serverCode ?? null };
    return error.message;
  });
  return outcome;
}
