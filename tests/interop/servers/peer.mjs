/**
 * What the servers in this folder have in common when they are written in JavaScript.
 *
 * A server reads its settings as one line of JSON from stdin, prints one line of JSON when it can be used, and ends
 * when stdin closes: whoever started it need not know how to end it, and nothing is left behind.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The settings: `{ clientId, clientSecret, rotation, publicKeys }`; the last, for `oidc-provider`, are in PEM. */
export async function settings() {
  const lines = createInterface({ input: process.stdin });
  lines.once('close', () => process.exit(0));
  const [line] = await once(lines, 'line');
  return JSON.parse(line);
}

/** Listens on a free port. `announce` prints where, as soon as requests can be answered. */
export async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, announce: () => console.log(JSON.stringify({ url })) };
}

/** Ends a server whose settings make no sense. */
export function unknown(rotation) {
  throw new Error(`this server has no rotation '${rotation}'`);
}
