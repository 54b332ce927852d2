// oidc-provider with the guide's configuration, and people who can sign in.
//
// The environment says where it is (ISSUER), and in which folder the guide's
// files, its keys and its people are (FOLDER).

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Provider } from 'oidc-provider';

const { ISSUER, FOLDER } = process.env;
const path = (name) => join(FOLDER, name);
const read = (name) => JSON.parse(readFileSync(path(name), 'utf8'));
const { configuration } = await import(pathToFileURL(path('configuration.mjs')));
const { claims } = await import(pathToFileURL(path('account.mjs')));

// The clock is as far ahead as the test says.
const now = Date.now;
Date.now = () => now() + 1000 * Number(readFileSync(path('clock'), 'utf8'));

const people = read('people.json');
const find = (name) => people.find((person) => person.userName === name);
const { issueRefreshToken, features } = configuration;

const provider = new Provider(ISSUER, {
  ...configuration,
  jwks: read('jwks.json'),
  cookies: { keys: ['test'] },
  async findAccount(ctx, accountId) {
    const person = find(accountId);
    return person && { accountId, claims: async () => claims(person) };
  },
  async issueRefreshToken(ctx, client, code) {
    return !find(code.accountId).withoutRefresh && issueRefreshToken(ctx, client, code);
  },
  // It calls no address that is not public, unless it is told how.
  fetch: (address, { dispatcher, ...options }) => fetch(address, options),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    ...features,
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      ...features.rpInitiatedLogout,
      async logoutSource(ctx, form) {
        const yes = '<input type="hidden" name="logout" value="yes">';
        ctx.body = form.replace('</form>', `${yes}<button>Sign out</button></form>`);
      },
    },
  },
});

const page = (message = '') => `<!doctype html><title>Sign in</title><p>${message}</p>
<form method="post"><label>User name <input name="username"></label>
<label>Password <input type="password" name="password"></label>
<label>Code <input name="code" value=""></label><button>Sign in</button></form>`;

async function posted(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  if (ctx.method === 'GET') {
    ctx.body = page();
    return undefined;
  }
  const typed = await posted(ctx.req);
  const person = find(typed.get('username'));
  const code = typed.get('code');
  if (person?.password !== typed.get('password') || (code && code !== person.code)) {
    ctx.body = page('That is not right.');
    return undefined;
  }
  const factors = code
    ? { acr: 'https://refeds.org/profile/mfa', amr: ['pwd', 'otp'] }
    : { amr: ['pwd'] };
  ctx.respond = false;
  const login = { accountId: person.userName, ...factors };
  return provider.interactionFinished(ctx.req, ctx.res, { login });
});

// What a thief could have seen.
provider.on('grant.success', ({ body }) => {
  if (body.refresh_token) appendFileSync(path('refresh-tokens'), `${body.refresh_token}\n`);
});
provider.on('server_error', (ctx, error) => console.error(error));
provider.on('grant.error', (ctx, error) => console.error(error));
provider.on('backchannel.error', (ctx, error) => console.error(error));
provider.listen(Number(new URL(ISSUER).port), 'localhost');
