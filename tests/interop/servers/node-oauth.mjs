/** `@node-oauth/oauth2-server` behind `@node-oauth/express-oauth-server`, with a model in memory. */
import OAuthServer from '@node-oauth/express-oauth-server';
import express from 'express';
import { createServer } from 'node:http';
import { listen, settings, unknown } from './peer.mjs';

/** Whether a refresh token is replaced when it is used; the first is the default. */
const ROTATION = { rotate: true, none: false };

const { clientId, clientSecret, rotation = 'rotate' } = await settings();
if (!(rotation in ROTATION)) unknown(rotation);

const CLIENT = { id: clientId, grants: ['client_credentials', 'password', 'refresh_token'] };
const access = new Map();
const refresh = new Map();

const model = {
  getClient: (id, secret) => (id === clientId && (secret === null || secret === clientSecret) ? CLIENT : false),
  getUserFromClient: () => ({ id: 'service' }),
  getUser: (name, password) => name === 'person' && password === 'password' && { id: 'person' },
  saveToken(token, client, user) {
    const whole = { ...token, client, user };
    access.set(token.accessToken, whole);
    if (token.refreshToken) refresh.set(token.refreshToken, whole);
    return whole;
  },
  getAccessToken: (value) => access.get(value) ?? false,
  getRefreshToken: (value) => refresh.get(value) ?? false,
  revokeToken: ({ refreshToken }) => refresh.delete(refreshToken),
};

const oauth = new OAuthServer({ model });
const app = express();
app.use(express.urlencoded({ extended: false }));
app.post('/token', oauth.token({ alwaysIssueNewRefreshToken: ROTATION[rotation] }));
app.get('/api/me', oauth.authenticate(), (_, response) => response.json({ me: clientId }));
app.post('/control/forget', (_, response) => {
  access.clear();
  response.json({});
});

const { url, announce } = await listen(createServer(app));

/** The password grant: the one way here to a first refresh token without a browser. */
app.post('/control/mint', async (_, response) => {
  const fields = { grant_type: 'password', username: 'person', password: 'password' };
  const body = new URLSearchParams({ ...fields, client_id: clientId, client_secret: clientSecret });
  const answer = await fetch(`${url}/token`, { method: 'POST', body });
  response.status(answer.status).json(await answer.json());
});
announce();
