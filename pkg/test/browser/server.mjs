/** A static, read-only file server for the browser tests. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPO = fileURLToPath(new URL('../../../', import.meta.url));
const PKG = join(REPO, 'pkg');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves pkg/ as `/` and the repository as `/repo/`; a folder is answered with the list of all files below it. */
export async function serve() {
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status = 200, type = 'text/plain; charset=utf-8', body = '' }) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      },
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

async function answer({ method, url }) {
  if (method !== 'GET') return { status: 405 };
  const path = locate(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  const info = path && (await stat(path).catch(() => undefined));
  if (!info) return { status: 404 };
  if (info.isDirectory()) return { type: TYPES['.json'], body: JSON.stringify(await filesBelow(path)) };
  return { type: TYPES[extname(path)], body: await readFile(path) };
}

function locate(path) {
  const [base, rest] = path.startsWith('/repo/') ? [REPO, path.slice('/repo/'.length)] : [PKG, path.slice(1)];
  const found = resolve(base, rest);
  return found === resolve(base) || found.startsWith(resolve(base) + sep) ? found : undefined;
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(REPO.length))
    .sort();
}
