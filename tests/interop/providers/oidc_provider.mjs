// node oidc-provider with two plain pages. ISSUER is its own address; RP and RP_TLS the
// application's, over http and over https; OTHER that of a second application. BY_POST lets
// browsers sign out by POST. GET /seen tells what happened here; GET /slow and GET /quick say how
// tokens come.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

process.stdin.resume().on('end', () => process.exit()); // it never outlives the tests

const { ISSUER, RP, RP_TLS, OTHER, BY_POST } = process.env;
const users = {
  alice: { name: 'Alice Example', email: 'alice@example.com', groups: ['staff'] },
  bob: { name: 'Bob Example', email: 'bob@example.com', groups: [] },
};
const register = (client_id, token_endpoint_auth_method, base = RP, more = {}) => ({
  client_id,
  client_secret: token_endpoint_auth_method === 'none' ? undefined : `${client_id} secret: 100% + a&b=c`,
  token_endpoint_auth_method,
  redirect_uris: [`${base}/authorization-code/callback`],
  post_logout_redirect_uris: [base],
  grant_types: ['authorization_code', 'refresh_token'],
  ...more,
});
const told = (client_id, base, backchannel_logout_session_required) => register(
  client_id,
  'client_secret_basic',
  base,
  { backchannel_logout_uri: `${base}/backchannel-logout`, backchannel_logout_session_required },
);
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const provider = new Provider(ISSUER, {
  clients: [
    register('basic', 'client_secret_basic'),
    register('post', 'client_secret_post'),
    register('public', 'none'),
    register('tls', 'client_secret_basic', RP_TLS),
    register('modest', 'client_secret_basic', RP, { scope: 'openid profile email offline_access' }),
    told('told-sid', RP, true),
    told('other-sid', OTHER, true),
    told('other-sub', OTHER, false),
  ],
  // The same kid at every start: a restart changes the key under a known name.
  jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'the-key', use: 'sig', alg: 'RS256' }] },
  claims: { profile: ['name'], email: ['email'], groups: ['groups'], auth_time: null },
  // Without SameSite=None a browser brings no cookie with a form of another site, and the provider
  // insists on it where it takes POST.
  cookies: { keys: ['of the test'], ...(BY_POST && { long: { httpOnly: true, sameSite: 'none' } }) },
  enableHttpPostMethods: Boolean(BY_POST),
  rotateRefreshToken: true,
  ttl: { AccessToken: 60, Grant: 86400, IdToken: 3600, Interaction: 3600, RefreshToken: 86400, Session: 86400 },
  // The provider's own asks no loopback address.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  findAccount: (_, id) => users[id] && { accountId: id, claims: () => ({ sub: id, ...users[id] }) },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    revocation: { enabled: true },
  },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
});
const seen = [];
const note = (event, ...what) => seen.push([event, ...what].join(' '));
provider.on('grant.success', ({ oidc }) => note('grant', oidc.params.grant_type));
provider.on('grant.error', ({ oidc }) => note('refused', oidc.params.grant_type));
provider.on('grant.revoked', () => note('revoked'));
provider.on('backchannel.success', (_, { clientId }, account) => note('told', clientId, account));
provider.on('backchannel.error', (_, error, { clientId }) => note('failed', clientId, error.message));
const forms = {
  login: '<label>User <input name="user"></label><label>Password <input name="password"></label>'
    + '<button name="go" value="in">Sign in</button>',
  consent: '<button name="go" value="allow">Allow</button><button name="go" value="deny">Deny</button>',
};

// A cookie with SameSite=None must be Secure, and browsers take those over http from loopback.
function secured(response) {
  const set = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    const cookies = /^set-cookie$/i.test(name) && [value].flat();
    return set(name, cookies ? cookies.map((text) => text.replace(/samesite=none/i, '$&; secure')) : value);
  };
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  const { prompt, params, session } = details;
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    return response.end(`<h1>Peer: ${prompt.name}</h1><form method="post">${forms[prompt.name]}</form>`);
  }
  let body = '';
  for await (const part of request) body += part;
  const form = new URLSearchParams(body);
  if (form.get('go') === 'deny') {
    const result = { error: 'access_denied', error_description: 'The user said no' };
    return provider.interactionFinished(request, response, result);
  }
  if (prompt.name === 'login') {
    const result = { login: { accountId: form.get('user') } };
    return provider.interactionFinished(request, response, result);
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const serve = provider.callback();
let slow = 0; // milliseconds that the token endpoint lets everybody wait
createServer((request, response) => {
  if (request.url === '/seen') return response.end(JSON.stringify(seen));
  if (request.url === '/slow') return response.end(String(slow = 500));
  if (request.url === '/quick') return response.end(String(slow = 0));
  if (request.url === '/token' && slow) return setTimeout(() => serve(request, response), slow);
  if (BY_POST) secured(response);
  if (!request.url.startsWith('/interaction/')) return serve(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(new URL(ISSUER).port, '127.0.0.1', () => console.log('ready'));
