/** `oidc-provider`, with the routes of a test beside its own: `/api/me`, and `/control/...` for its administrator. */
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { listen, settings, unknown } from './peer.mjs';

const ROTATION = {
  // Its default: a confidential client keeps its refresh token.
  same: undefined,
  rotate_revoke_family: () => true,
};

const { clientId, clientSecret, rotation = 'same', publicKeys } = await settings();
if (!(rotation in ROTATION)) unknown(rotation);

let handle;
const server = createServer((request, response) => handle(request, response));
const { url, announce } = await listen(server);

const provider = new Provider(url, {
  clients: [
    {
      client_id: clientId,
      ...authentication(),
      grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
      redirect_uris: ['https://client.example/callback'],
    },
  ],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  ...(ROTATION[rotation] && { rotateRefreshToken: ROTATION[rotation] }),
});

/** A client with public keys, in PEM, proves itself with an assertion; any other with its secret. */
function authentication() {
  if (!publicKeys) return { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_basic' };
  const keys = publicKeys.map((pem) => createPublicKey(pem).export({ format: 'jwk' }));
  return { jwks: { keys }, token_endpoint_auth_method: 'private_key_jwt' };
}

/** What a person who signs in would have got, without the browser. */
async function mint() {
  const grant = new provider.Grant({ accountId: 'person', clientId });
  grant.addOIDCScope('openid offline_access');
  const grantId = await grant.save();
  const client = await provider.Client.find(clientId);
  const token = new provider.RefreshToken({
    accountId: 'person',
    client,
    grantId,
    gty: 'authorization_code',
    scope: 'openid offline_access',
  });
  return { refresh_token: await token.save() };
}

const issued = new Set();
for (const name of ['access_token.saved', 'client_credentials.saved']) {
  provider.on(name, (token) => issued.add(token));
}

async function forget() {
  for (const token of issued) await token.destroy();
  issued.clear();
  return {};
}

/** The provider's own opinion of an access token. */
async function accepts(value) {
  for (const model of [provider.AccessToken, provider.ClientCredentials]) {
    const token = await model.find(value);
    if (token?.isValid) return true;
  }
  return false;
}

provider.use(async (ctx, next) => {
  if (ctx.path === '/control/mint') ctx.body = await mint();
  else if (ctx.path === '/control/forget') ctx.body = await forget();
  else if (ctx.path !== '/api/me') await next();
  else if (await accepts(ctx.get('authorization').replace(/^Bearer /, ''))) ctx.body = { me: clientId };
  else ctx.throw(401, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } });
});
handle = provider.callback();
announce();
