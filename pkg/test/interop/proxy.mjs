/** A proxy between the connection and the server: it keeps what passes, and loses answers when told. */
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';

/** `{ url, exchanges, lose(count), close() }`; an exchange is `{ path, grant, status, answer, lost }`. */
export async function serveProxy(target) {
  const exchanges = [];
  let losses = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url, headers } = request;
    const upstream = ask(target + url, { method, headers, agent: false });
    upstream.on('error', () => response.destroy());
    upstream.on('response', async (reply) => {
      const answer = await text(reply);
      const grant = new URLSearchParams(body).get('grant_type') ?? undefined;
      const lost = grant !== undefined && losses > 0;
      if (lost) losses -= 1;
      exchanges.push({ path: url, grant, status: reply.statusCode, answer, lost });
      if (lost) return void response.destroy();
      const type = reply.headers['content-type'] ?? 'text/plain';
      response.writeHead(reply.statusCode, { 'content-type': type }).end(answer);
    });
    upstream.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, exchanges, lose: (count) => (losses = count), close };
}

async function text(stream) {
  let whole = '';
  for await (const piece of stream.setEncoding('utf8')) whole += piece;
  return whole;
}
