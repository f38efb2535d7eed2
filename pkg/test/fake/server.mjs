/**
 * A token server and an API that misbehave on request, for the tests of every platform.
 *
 * Each test has a place of its own, `{url}/{place}`: `POST /token` gives a token, `DELETE /token` ends it, and every
 * path below `/api` takes it. `POST /_script` queues answers for `/token` (see `answer`), `GET /_log` tells what came
 * in. A second server, `closed`, answers no page. All tokens and secrets begin with `leak-me-not`, so that a leak is
 * easily found.
 */
import { createServer } from 'node:http';

const FIVE_MB = 5 * 1024 * 1024;
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*, authorization',
  'access-control-allow-methods': '*',
  'access-control-max-age': '600',
};

/** Starts the server on a free port. */
export async function serveFake() {
  const places = new Map();
  const server = createServer((request, response) => {
    response.on('error', () => {});
    handle(places, request, response).catch((error) => response.writeHead(500, CORS).end(String(error)));
  });
  const closed = createServer(noPages);
  const down = await deadEnd();
  const servers = [server, closed];
  await Promise.all(servers.map((one) => new Promise((done) => one.listen(0, '127.0.0.1', done))));
  const close = () => {
    for (const one of servers) one.close();
    for (const one of servers) one.closeAllConnections();
  };
  const [url, closedUrl] = servers.map((one) => `http://127.0.0.1:${one.address().port}`);
  return { url, closed: closedUrl, down, close };
}

/** A server that gives everybody a token, and has no word of CORS: pages may not ask it. */
function noPages(_, response) {
  const token = { access_token: 'leak-me-not', expires_in: 3600 };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
}

/** A URL where nothing listens. */
async function deadEnd() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}

async function handle(places, request, response) {
  const [, name, ...rest] = new URL(request.url, 'http://fake').pathname.split('/');
  const place = places.get(name) ?? { script: [], log: [], valid: new Set(), issued: 0 };
  places.set(name, place);
  let body = '';
  for await (const piece of request) body += piece;
  if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end();
  const path = `/${rest.join('/')}`;
  if (path === '/_script') return json(response, 200, { queued: place.script.push(...JSON.parse(body)) });
  if (path === '/_log') return json(response, 200, place.log);
  const { method, headers } = request;
  place.log.push({ method, path, body, authorization: headers.authorization, key: headers['x-key'] });
  if (path === '/token' && method === 'DELETE') return revoke(place, headers, response);
  if (path === '/token') return answer(place, name, place.script.shift() ?? {}, response);
  return api(place, request, path, body, response);
}

/** `{ status, json, text, headers, delay, life, kind }`, where `kind` is `hang`, `cut` or `large`. */
async function answer(place, name, script, response) {
  await new Promise((done) => setTimeout(done, script.delay ?? 0));
  if (script.kind === 'hang') return;
  if (script.kind === 'cut') return void response.destroy();
  if (script.kind === 'large') return void response.writeHead(200, CORS).end('x'.repeat(FIVE_MB));
  const { status = 200, headers = {} } = script;
  if (script.text !== undefined || status >= 300) {
    return void response.writeHead(status, { ...CORS, ...headers }).end(script.text ?? JSON.stringify(script.json ?? {}));
  }
  const token = `leak-me-not-${name}-${++place.issued}`;
  place.valid = new Set([token]);
  return json(response, status, { access_token: token, expires_in: script.life ?? 3600, ...script.json });
}

function revoke(place, headers, response) {
  const had = place.valid.delete(headers.authorization?.slice('Bearer '.length));
  return json(response, had ? 200 : 401, {});
}

function api(place, request, path, body, response) {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? request.headers['x-key'];
  if (!place.valid.has(token) && !token?.includes('api-key')) return json(response, 401, { error: 'invalid_token' });
  if (path === '/api/away') return void response.writeHead(302, { ...CORS, location: '/elsewhere/api' }).end();
  if (path === '/api/stop') return void response.destroy();
  if (path === '/api/large') return void response.writeHead(200, CORS).end('x'.repeat(FIVE_MB));
  return json(response, 200, { method: request.method, path, body, type: request.headers['content-type'] });
}

function json(response, status, value) {
  response.writeHead(status, { ...CORS, 'content-type': 'application/json' }).end(JSON.stringify(value));
}
