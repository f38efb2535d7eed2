/** A place on the fake server, and connections to it. */
import { see } from '../shared/leaks.mjs';

/** The connector of the fake server. */
export const FAKE = {
  id: 'fake',
  title: 'Fake',
  parameters: [
    { name: 'baseUrl', type: 'string', title: 'Base URL' },
    { name: 'clientSecret', type: 'securestring', title: 'Secret' },
  ],
  base_url: '{baseUrl}',
  hosts: [{ named_by: 'baseUrl' }],
  auth: {
    acquire: { method: 'POST', url: '{baseUrl}/token', json: { secret: '{clientSecret}' } },
    token: { value: '/access_token', expiry: [{ seconds: '/expires_in' }] },
    revoke: { method: 'DELETE', url: '{baseUrl}/token', headers: { authorization: 'Bearer {accessToken}' } },
    apply: { headers: { authorization: 'Bearer {accessToken}' } },
  },
  test: { method: 'GET', path: '/api/me' },
};

export const SECRET = 'leak-me-not-client-secret';

let count = 0;

/** A fresh place: `connect(options)`, `script(...answers)`, `log()`. */
export function place({ grantline, fake }) {
  const base = `${fake.url}/place${++count}`;
  const notices = [];
  const onEvent = (notice) => see(notices[notices.push(notice) - 1]);
  const connect = async (options = {}, parameters = {}, connector = FAKE) => {
    const given = { baseUrl: base, clientSecret: SECRET, ...parameters };
    return grantline.connect(connector, given, { allowInsecureLoopback: true, onEvent, ...options });
  };
  const script = (...answers) => fetch(`${base}/_script`, { method: 'POST', body: JSON.stringify(answers) });
  const log = async () => (await fetch(`${base}/_log`)).json();
  const requests = async (path) => (await log()).filter((entry) => entry.path === path);
  return { base, connect, script, log, requests, notices };
}
