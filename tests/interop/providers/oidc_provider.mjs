// node oidc-provider with two plain pages. ISSUER is its own address; RP and RP_TLS the
// application's, over http and over https.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

process.stdin.resume().on('end', () => process.exit()); // it never outlives the tests

const { ISSUER, RP, RP_TLS } = process.env;
const users = {
  alice: { name: 'Alice Example', email: 'alice@example.com', groups: ['staff'] },
  bob: { name: 'Bob Example', email: 'bob@example.com', groups: [] },
};
const register = (client_id, token_endpoint_auth_method, base = RP) => ({
  client_id,
  client_secret: token_endpoint_auth_method === 'none' ? undefined : `${client_id} secret: 100% + a&b=c`,
  token_endpoint_auth_method,
  redirect_uris: [`${base}/authorization-code/callback`],
  post_logout_redirect_uris: [base],
});
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const provider = new Provider(ISSUER, {
  clients: [
    register('basic', 'client_secret_basic'),
    register('post', 'client_secret_post'),
    register('public', 'none'),
    register('tls', 'client_secret_basic', RP_TLS),
  ],
  // The same kid at every start: a restart changes the key under a known name.
  jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'the-key', use: 'sig', alg: 'RS256' }] },
  claims: { profile: ['name'], email: ['email'], groups: ['groups'], auth_time: null },
  cookies: { keys: ['of the test'] },
  findAccount: (_, id) => users[id] && { accountId: id, claims: () => ({ sub: id, ...users[id] }) },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
});
const forms = {
  login: '<label>User <input name="user"></label><label>Password <input name="password"></label>'
    + '<button name="go" value="in">Sign in</button>',
  consent: '<button name="go" value="allow">Allow</button><button name="go" value="deny">Deny</button>',
};

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
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return serve(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(new URL(ISSUER).port, '127.0.0.1', () => console.log('ready'));
