// oauth2-mock-server: no pages, tokens for everybody. POST /arm/NAME breaks the next sign-in.
import { createHmac, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

process.stdin.resume().on('end', () => process.exit()); // it never outlives the tests

const issuer = new OAuth2Issuer();
issuer.url = process.env.ISSUER;
const service = new OAuth2Service(issuer);
await issuer.keys.generate('RS256', { kid: 'the-key' });
const stranger = (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey;

// The ID Token is signed after the access token: only that has a scope.
const idToken = (change) => () => {
  const listener = (token) => {
    if (token.payload.scope !== undefined) return;
    change(token);
    service.off('beforeTokenSigning', listener);
  };
  service.on('beforeTokenSigning', listener);
};
const claim = (name, value) => idToken((token) => { token.payload[name] = value; });
const header = (name, value) => idToken((token) => { token.header[name] = value; });
const once = (event, change) => () => service.once(event, change);
const query = (name, value) => once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.append(name, value));
const body = (change) => once('beforeResponse', (answer) => change(answer));
const reseal = (change) => body((answer) => {
  answer.body.id_token = change(...answer.body.id_token.split('.'));
});
const metadata = (change) => once('beforeWellKnownOpenIdConfiguration', (answer) => {
  change(answer.body, answer);
});
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
// An ID Token whose claims are right, and whose signature is sound in a way of its own.
const forge = (header, signed) => reseal((_, payload) => {
  const text = `${encode(header)}.${payload}`;
  return `${text}.${signed(text)}`;
});
const byStranger = (text) => sign('RSA-SHA256', Buffer.from(text), stranger).toString('base64url');
const byPublicKey = (text) => {
  const known = issuer.keys.toJSON().find(({ kid }) => kid === 'the-key');
  const pem = createPublicKey({ key: known, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return createHmac('sha256', pem).update(text).digest('base64url');
};
const jwk = createPublicKey(stranger).export({ format: 'jwk' });

// Answers that no hook reaches: one request of a path is taken from the server.
const taken = new Map();
const take = (path, change) => () => taken.set(path, change);
const json = (status, value) => (response) => response.writeHead(status).end(JSON.stringify(value));

const faults = {
  'iss-other': claim('iss', 'https://evil.example'),
  'iss-slash': claim('iss', `${process.env.ISSUER}/`),
  'iss-list': claim('iss', [process.env.ISSUER]),
  'aud-other': claim('aud', 'somebody-else'),
  'aud-extra': claim('aud', ['basic', 'somebody-else']),
  'azp-other': claim('azp', 'somebody-else'),
  'aud-empty': claim('aud', []),
  'sub-other': claim('sub', 'mallory'),
  'nonce-other': claim('nonce', 'x'),
  'nonce-gone': claim('nonce', undefined),
  'exp-gone': claim('exp', undefined),
  'iat-gone': claim('iat', undefined),
  'sub-gone': claim('sub', undefined),
  'expired': claim('exp', 1),
  'exp-text': claim('exp', 'tomorrow'),
  'iat-future': claim('iat', Math.floor(Date.now() / 1000) + 86400),
  'nbf-future': claim('nbf', Math.floor(Date.now() / 1000) + 86400),
  'sub-empty': claim('sub', ''),
  'sub-number': claim('sub', 7),
  'at-hash-other': claim('at_hash', 'AAAAAAAAAAAAAAAAAAAAAA'),
  'alg-none': reseal((_, payload) => `${encode({ alg: 'none' })}.${payload}.`),
  'alg-hs256': forge({ alg: 'HS256', kid: 'the-key' }, byPublicKey),
  'crit-unknown': forge({ alg: 'RS256', kid: 'the-key', crit: ['evil'], evil: 1 }, byStranger),
  'typ-access-token': header('typ', 'at+jwt'),
  'signed-by-stranger': forge({ alg: 'RS256', kid: 'the-key' }, byStranger),
  'key-brought-along': forge({ alg: 'RS256', jwk }, byStranger),
  'access-token-twice': body((answer) => { answer.body.id_token = answer.body.access_token; }),
  'signature-cut': reseal((header, payload, signature) => `${header}.${payload}.${signature.slice(4)}`),
  'payload-changed': reseal((header, _, signature) => `${header}.${encode({ sub: 'admin' })}.${signature}`),
  'five-parts': reseal((header, payload, signature) => `${header}.${payload}.${signature}.a.b`),
  'no-id-token': body((answer) => { delete answer.body.id_token; }),
  'no-access-token': body((answer) => { delete answer.body.access_token; }),
  'type-mac': body((answer) => { answer.body.token_type = 'mac'; }),
  'token-500': body((answer) => { answer.statusCode = 500; answer.body = 'oops'; }),
  'token-429': body((answer) => { answer.statusCode = 429; }),
  'token-429-grant': body((answer) => {
    Object.assign(answer, { statusCode: 429, body: { error: 'invalid_grant' } });
  }),
  'short': body((answer) => { answer.body.expires_in = 1; }),
  'no-refresh-token': body((answer) => { delete answer.body.refresh_token; }),
  'token-list': body((answer) => { answer.body = [answer.body]; }),
  'token-error-200': body((answer) => { answer.body.error = 'invalid_grant'; }),
  'token-grant': body((answer) => {
    Object.assign(answer, { statusCode: 400, body: { error: 'invalid_grant' } });
  }),
  'token-html': body((answer) => { answer.body = '<h1>hello</h1>'; }),
  'token-refused': body((answer) => { answer.statusCode = 401; answer.body = { error: 'invalid_client' }; }),
  'userinfo-other-sub': once('beforeUserinfo', (answer) => { answer.body.sub = 'mallory'; }),
  'userinfo-no-sub': once('beforeUserinfo', (answer) => { delete answer.body.sub; }),
  'userinfo-list': once('beforeUserinfo', (answer) => { answer.body = [answer.body]; }),
  'userinfo-503': once('beforeUserinfo', (answer) => { answer.statusCode = 503; }),
  'userinfo-403': once('beforeUserinfo', (answer) => { answer.statusCode = 403; }),
  'state-other': once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.set('state', 'x')),
  'state-gone': once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.delete('state')),
  'state-twice': query('state', 'x'),
  'code-twice': query('code', 'x'),
  'code-and-error': query('error', 'access_denied'),
  'iss-mixed-up': query('iss', 'https://evil.example'),
  'code-gone': once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.delete('code')),
  'unknown-key': header('kid', 'nobody'),
  'metadata-404': metadata((_, answer) => { answer.statusCode = 404; }),
  'metadata-500': metadata((_, answer) => { answer.statusCode = 500; }),
  'metadata-list': metadata((_, answer) => { answer.body = []; }),
  'metadata-other-issuer': metadata((body) => { body.issuer = 'https://evil.example'; }),
  'metadata-no-token-endpoint': metadata((body) => { delete body.token_endpoint; }),
  'metadata-http': metadata((body) => { body.token_endpoint = 'http://evil.example/token'; }),
  'metadata-file': metadata((body) => { body.jwks_uri = 'file:///etc/passwd'; }),
  'metadata-script': metadata((body) => { body.authorization_endpoint = 'javascript:alert(1)'; }),
  'metadata-iss': metadata((body) => {
    body.authorization_response_iss_parameter_supported = true;
  }),
  'jwks-500': take('/jwks', json(500, {})),
  'jwks-list': take('/jwks', json(200, [])),
  'jwks-empty': take('/jwks', json(200, { keys: [] })),
  'jwks-secret': take('/jwks', json(200, { keys: [{ kty: 'oct', kid: 'the-key', k: 'c2VjcmV0' }] })),
  'jwks-redirect': take('/jwks', (response) => response.writeHead(302, { location: '/keys' }).end()),
  'token-silent': take('/token', () => {}),
  'token-hangs-up': take('/token', (response) => response.socket.destroy()),
  'token-cut': take('/token', (response) => {
    response.writeHead(200, { 'content-length': 99 }).write('{', () => response.socket.end());
  }),
  'token-endless': take('/token', (response) => response.end(Buffer.alloc(2 ** 21))),
  'token-redirect': take('/token', (response) => response.writeHead(307, { location: '/other' }).end()),
  'rotate': async () => { await issuer.keys.generate('RS256'); },
};

createServer(async (request, response) => {
  const name = request.url.match(/^\/arm\/(.+)$/)?.[1];
  if (name === undefined) {
    const instead = taken.get(request.url);
    taken.delete(request.url);
    return instead ? instead(response) : service.requestHandler(request, response);
  }
  response.statusCode = faults[name] ? 204 : 404;
  await faults[name]?.();
  return response.end();
}).listen(new URL(process.env.ISSUER).port, '127.0.0.1', () => console.log('ready'));
