// oauth2-mock-server: no pages, tokens for everybody. POST /arm/NAME breaks the next sign-in.
import { createServer } from 'node:http';
import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

const issuer = new OAuth2Issuer();
issuer.url = process.env.ISSUER;
const service = new OAuth2Service(issuer);
await issuer.keys.generate('RS256');

// The ID Token is signed after the access token: only it has a nonce.
const idToken = (change) => () => {
  const listener = (token) => {
    if (token.payload.nonce === undefined) return;
    change(token);
    service.off('beforeTokenSigning', listener);
  };
  service.on('beforeTokenSigning', listener);
};
const claim = (name, value) => idToken((token) => { token.payload[name] = value; });
const once = (event, change) => () => service.once(event, change);
const query = (name, value) => once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.append(name, value));
const body = (change) => once('beforeResponse', (answer) => change(answer));
const reseal = (change) => body((answer) => {
  answer.body.id_token = change(...answer.body.id_token.split('.'));
});
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const faults = {
  'iss-other': claim('iss', 'https://evil.example'),
  'iss-slash': claim('iss', `${process.env.ISSUER}/`),
  'iss-list': claim('iss', [process.env.ISSUER]),
  'aud-other': claim('aud', 'somebody-else'),
  'aud-extra': claim('aud', ['web', 'somebody-else']),
  'azp-other': claim('azp', 'somebody-else'),
  'nonce-other': claim('nonce', 'x'),
  'expired': claim('exp', 1),
  'exp-text': claim('exp', 'tomorrow'),
  'iat-future': claim('iat', Math.floor(Date.now() / 1000) + 86400),
  'nbf-future': claim('nbf', Math.floor(Date.now() / 1000) + 86400),
  'sub-empty': claim('sub', ''),
  'sub-number': claim('sub', 7),
  'at-hash-other': claim('at_hash', 'AAAAAAAAAAAAAAAAAAAAAA'),
  'alg-none': reseal((_, payload) => `${encode({ alg: 'none' })}.${payload}.`),
  'alg-hs256': reseal((_, payload, signature) => `${encode({ alg: 'HS256' })}.${payload}.${signature}`),
  'signature-cut': reseal((header, payload, signature) => `${header}.${payload}.${signature.slice(4)}`),
  'payload-changed': reseal((header, _, signature) => `${header}.${encode({ sub: 'admin' })}.${signature}`),
  'five-parts': reseal((header, payload, signature) => `${header}.${payload}.${signature}.a.b`),
  'no-id-token': body((answer) => { delete answer.body.id_token; }),
  'no-access-token': body((answer) => { delete answer.body.access_token; }),
  'type-mac': body((answer) => { answer.body.token_type = 'mac'; }),
  'token-500': body((answer) => { answer.statusCode = 500; answer.body = 'oops'; }),
  'token-html': body((answer) => { answer.body = '<h1>hello</h1>'; }),
  'token-refused': body((answer) => { answer.statusCode = 401; answer.body = { error: 'invalid_client' }; }),
  'userinfo-other-sub': once('beforeUserinfo', (answer) => { answer.body.sub = 'mallory'; }),
  'userinfo-403': once('beforeUserinfo', (answer) => { answer.statusCode = 403; }),
  'state-other': once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.set('state', 'x')),
  'state-twice': query('state', 'x'),
  'iss-mixed-up': query('iss', 'https://evil.example'),
  'code-gone': once('beforeAuthorizeRedirect', ({ url }) => url.searchParams.delete('code')),
  'unknown-key': idToken((token) => { token.header.kid = 'nobody'; }),
  'rotate': async () => { await issuer.keys.generate('RS256'); },
};

createServer(async (request, response) => {
  const name = request.url.match(/^\/arm\/(.+)$/)?.[1];
  if (name === undefined) return service.requestHandler(request, response);
  response.statusCode = faults[name] ? 204 : 404;
  await faults[name]?.();
  return response.end();
}).listen(new URL(process.env.ISSUER).port, '127.0.0.1', () => console.log('ready'));
