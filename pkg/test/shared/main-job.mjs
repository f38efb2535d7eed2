/** The main job on each of the four systems, against the emulator: a token, an API request, a renewal, the end. */
import { SYSTEMS } from '../../demo/systems.mjs';
import { equal, fails, ok } from './assert.mjs';
import { see } from './leaks.mjs';

const YEAR = 366 * 86_400_000;

export const tests = Object.fromEntries(
  Object.entries(SYSTEMS).map(([id, system]) => [id, (context) => mainJob(context, id, system)]),
);

async function mainJob({ grantline, emulator }, id, { path, secret, revokes }) {
  const { parameters } = (await (await fetch(`${emulator.url}/_emulator/accounts`)).json())[id] ?? {};
  if (!parameters) return console.log(`skipped: this emulator has no account for ${id}`);
  let now = await advance(emulator, 0);
  const notices = [];
  const options = { allowInsecureLoopback: true, clock: () => now, onEvent: (notice) => notices.push(see(notice)) };
  const connection = await grantline.connect(id, parameters, options);

  const first = await connection.token();
  const answer = await connection.fetch(path);
  equal([answer.status, (await answer.text()).length > 0], [200, true]);
  ok((await connection.test()).ok);

  const life = first.expiresAt.getTime() - now;
  now = await advance(emulator, Math.min(life, YEAR) + 60_000);
  equal((await connection.fetch(path)).status, 200);
  ok((await connection.token()).value !== first.value, 'the token was renewed');

  equal(await connection.revoke(), revokes);
  const wrong = await grantline.connect(id, { ...parameters, [secret]: 'leak-me-not-wrong' }, options);
  const error = await fails(() => wrong.token());
  ok(['denied', 'needs_reconnect'].includes(error.code), `${error.code}: ${error.message}`);
  ok(notices.length >= 6, JSON.stringify(notices));
}

/** Moves the emulator's clock on; its new time. */
async function advance(emulator, ms) {
  const response = await fetch(`${emulator.url}/_emulator/clock`, {
    method: 'POST',
    body: JSON.stringify({ advance_ms: ms }),
  });
  return (await response.json()).now_ms;
}
