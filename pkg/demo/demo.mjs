/**
 * The main job on each of the four systems: get a token, call the API, let the token die, renew it, call again, end
 * it, and see what a wrong secret gives. `cargo xtask demo` starts the emulator that it talks to.
 *
 * `GRANTLINE_EMULATOR=http://127.0.0.1:... node demo/demo.mjs [--json]`
 */
import { connect } from 'grantline';

import { SYSTEMS } from './systems.mjs';
import { table } from './table.mjs';

const emulator = process.env.GRANTLINE_EMULATOR;
if (!emulator) throw new Error('GRANTLINE_EMULATOR must name a running emulator: use `cargo xtask demo`');

const rows = [];
const systems = {};
for (const [id, system] of Object.entries(SYSTEMS)) systems[id] = await show(id, system);
console.log(process.argv.includes('--json') ? JSON.stringify({ systems }) : table(rows));
process.exitCode = Object.values(systems).every(worked) ? 0 : 1;

async function show(id, { title, path, secret, revokes }) {
  let now = await advance(0);
  let requests = 0;
  let label = '';
  const onEvent = (notice) => {
    if (notice.kind === 'sent') requests += 1;
    rows.push({ system: title, step: label, notice });
  };
  const options = { allowInsecureLoopback: true, clock: () => now, onEvent };
  const step = (name, action) => {
    label = name;
    return action();
  };
  const { parameters } = (await (await fetch(`${emulator}/_emulator/accounts`)).json())[id];

  const connection = await connect(id, parameters, options);
  const first = await step('acquire', () => connection.token());
  const called = await step('call', () => connection.fetch(path));
  now = await advance((first.expiresAt?.getTime() ?? now) - now + 60_000);
  const second = await step('renew', () => connection.token());
  const again = await step('call again', () => connection.fetch(path));
  const revoked = revokes ? await step('revoke', () => connection.revoke()) : null;
  const wrong = await connect(id, { ...parameters, [secret]: 'not-the-secret' }, options);
  const denied = await step('wrong secret', () => wrong.token()).then(
    () => undefined,
    (error) => ({ code: error.code }),
  );
  return {
    acquired: first.value.length > 0,
    called: called.ok && again.ok,
    renewed: second.value !== first.value,
    revoked,
    denied,
    requests,
  };
}

function worked({ acquired, called, renewed, revoked, denied }) {
  return acquired && called && renewed && revoked !== false && denied !== undefined;
}

/** Moves the emulator's clock on; its new time. */
async function advance(ms) {
  const body = JSON.stringify({ advance_ms: ms });
  return (await (await fetch(`${emulator}/_emulator/clock`, { method: 'POST', body })).json()).now_ms;
}
