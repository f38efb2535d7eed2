/** A server of other people, run for as long as a test needs it, and connections to it. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { connect } from 'grantline';
import { serveProxy } from './proxy.mjs';

const FOLDER = new URL('../../../tests/interop/', import.meta.url);
const CLIENT_ID = 'client 1';
/** A secret that breaks whatever is not encoded, and whatever is encoded twice. */
const SECRET = 'a b+c/d%e:f&g=h%20i';
const PYTHON = process.platform === 'win32' ? 'servers/.venv/Scripts/python.exe' : 'servers/.venv/bin/python';

/** What is known of all servers; the Rust tests ask them whether it is true. */
export const PEERS = JSON.parse(await readFile(new URL('peers.json', FOLDER), 'utf8'));

/** Runs `test` with a server that treats refresh tokens in this way, or in its own. */
export async function withPeer(name, rotation, test) {
  return run(name, { rotation: rotation ?? PEERS[name].rotations[0] }, test);
}

/** The same with an `oidc-provider` that knows the client by these public keys, in PEM. */
export async function withKeys(publicKeys, test) {
  return run('oidc-provider', { publicKeys }, test);
}

async function run(name, settings, test) {
  const facts = PEERS[name];
  const { child, url } = await start(facts.command, settings);
  const proxy = await serveProxy(url);
  try {
    return await test(peer(facts, url, proxy));
  } finally {
    proxy.close();
    child.stdin.end();
    child.kill();
  }
}

function peer(facts, url, proxy) {
  const clock = { now: 1_700_000_000_000 };
  const control = async (what) => (await fetch(`${url}/control/${what}`, { method: 'POST' })).json();
  return {
    facts,
    proxy,
    clock,
    /** What the token requests so far asked for. */
    grants: () => proxy.exchanges.map(({ grant }) => grant).filter(Boolean),
    /** The first refresh token, as a person who signs in would bring it. */
    mint: async () => (await control('mint')).refresh_token,
    /** Ends all access tokens, as an administrator would. */
    forget: () => control('forget'),
    /** Whether the protected resource takes an access token, past every connection. */
    accepts: async (token) => (await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).ok,
    /** Uses a refresh token past every connection. */
    refresh: async (token) => {
      const secrets = { client_id: CLIENT_ID, client_secret: SECRET };
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, ...secrets });
      return (await fetch(`${url}/token`, { method: 'POST', body })).status;
    },
    /**
     * A connection that signs its assertions in this way. The server looks at their times, so the clock is that of the
     * system.
     */
    signing: async (algorithm, privateKey) => {
      const connector = await read('private-key-jwt');
      connector.auth.values.assertion.jwt.algorithm = algorithm;
      const given = { baseUrl: proxy.url, clientId: CLIENT_ID, audience: url, privateKey };
      return connect(connector, given, { allowInsecureLoopback: true });
    },
    connect: async (name, parameters = {}) => {
      const connector = await read(name);
      const given = { baseUrl: proxy.url, clientId: CLIENT_ID, clientSecret: SECRET, ...parameters };
      return connect(connector, given, { allowInsecureLoopback: true, clock: () => clock.now });
    },
  };
}

async function read(connector) {
  return JSON.parse(await readFile(new URL(`connectors/${connector}.json`, FOLDER), 'utf8'));
}

/** The server ends with its stdin, and so with this process. What it says later is read and dropped. */
async function start([program, script], settings) {
  const command = program === 'python' ? new URL(PYTHON, FOLDER).pathname : process.execPath;
  const child = spawn(command, [script], { cwd: new URL('servers/', FOLDER), stdio: 'pipe' });
  child.stdin.write(`${JSON.stringify({ clientId: CLIENT_ID, clientSecret: SECRET, ...settings })}\n`);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (complaints += piece));
  const url = await new Promise((found, failed) => {
    child.once('error', failed);
    child.once('close', () => failed(new Error(`${script} did not start: ${complaints}`)));
    createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{') && found(JSON.parse(line).url));
  });
  return { child, url };
}
