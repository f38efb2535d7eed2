/** What a person learns in a page, and nowhere else. */
import { FAKE, SECRET, place } from '../fake/place.mjs';
import { equal, fails, ok } from '../shared/assert.mjs';
import { see } from '../shared/leaks.mjs';

const NO_SECRETS = FAKE.parameters.map((parameter) => ({ ...parameter, type: 'string' }));
const OPEN = { ...FAKE, id: 'open', parameters: NO_SECRETS };

export const tests = {
  'a server that pages may not ask is named with the likely reason': async (context) => {
    const { closed } = context.fake;
    const here = place(context);
    const error = await fails(async () => (await here.connect({}, { baseUrl: closed })).token());
    equal([error.code, error.fault], ['exhausted', 'unreachable']);
    ok(explains(error.message), error.message);
    ok(here.notices.some(({ kind, message }) => kind === 'failed' && explains(message)));

    const token = { access_token: 'leak-me-not', expires_in: 3600 };
    const own = async (url, init) => (url.endsWith('/token') ? Response.json(token) : fetch(url, init));
    const connection = await here.connect({ fetch: own }, { baseUrl: closed });
    const refused = await fails(() => connection.fetch('/api/me'));
    equal([refused.code, refused.cause instanceof TypeError], ['unreachable', true]);
    ok(explains(refused.message), refused.message);
  },

  'a failure that has another reason says nothing of CORS': async (context) => {
    const here = place(context);
    const slow = Object.assign(new Error('too slow'), { name: 'TimeoutError' });
    for (const reason of [slow, Object.assign(new Error('fetch failed'), { cause: { code: 'ECONNREFUSED' } })]) {
      const connection = await here.connect({ fetch: () => Promise.reject(reason) });
      ok(!(await fails(() => connection.fetch('/api/me'))).message.includes('CORS'));
    }
  },

  'connect warns once of a secret in a page': async () => {
    const page = await fresh();
    const warnings = [];
    page.console.warn = (...words) => warnings.push(see(words.join(' ')));
    const { connect } = await page.eval("import('grantline')");
    const values = { baseUrl: 'https://a.example', clientSecret: SECRET };
    await connect(OPEN, values);
    equal(warnings, [], 'nothing secret was given');
    await connect(FAKE, values);
    await connect(FAKE, values);
    await connect('workspan', { clientId: 'a', clientSecret: SECRET });
    equal(warnings.length, 1);
    ok(warnings[0].startsWith("grantline: the secret 'clientSecret' is used in a web page"), warnings[0]);
    ok(!warnings[0].includes(SECRET), 'the value is not shown');
  },
};

/** What may be the reason, and what to do. */
function explains(message) {
  return ['in a page', 'origin (CORS)', 'a server or a proxy of your own'].every((words) => message.includes(words));
}

/** The window of a page that has loaded nothing yet. */
async function fresh() {
  const frame = document.createElement('iframe');
  frame.src = '/test/browser/frame.html';
  await new Promise((done) => {
    frame.onload = done;
    document.body.append(frame);
  });
  return frame.contentWindow;
}
