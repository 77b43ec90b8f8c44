import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { ReEvaluation } from '../accept/re-evaluate.ts';
import type { Store } from '../keep/store.ts';
import { newGuessLimit } from './guess-limit.ts';
import { type Language, type Say, chooseLanguage, sayIn } from './language.ts';
import { type PageOptions, contentSecurityPolicy, layOut } from './layout.ts';
import { overviewPage } from './overview-page.ts';
import type { PageData } from './page-data.ts';
import { isPassword, minPasswordLength, readPasswordHash, setPassword } from './password.ts';
import { type Session, isSameSecret, newSessions } from './sessions.ts';
import { type FormTrouble, setUpPage, signInPage } from './sign-in-page.ts';

const sessionCookie = 'tianyuan-session';
const languageCookie = 'tianyuan-language';
/** Two passwords and a code; nothing here takes more. */
const maxFormBytes = 4 * 1024;
const refreshSeconds = 30;

/** The owner's page. It changes nothing by GET, runs no script, and shows nothing before somebody signed in. */
export function pageRoutes(deps: {
  store: Store;
  /** what lets somebody set the first password; told to the gateway's log only */
  setUpCode: string;
  read: () => PageData;
  reEvaluate: (id: number) => Promise<ReEvaluation>;
  /** lets a device in whose claim shows this fingerprint; false where it does not any more */
  approve: (device: string, fingerprint: string) => boolean;
  sinceBootMs: () => number;
  /** whether browsers reach this over TLS: then the cookie is for TLS alone */
  isTls: boolean;
}): Hono {
  const { store, setUpCode, read, reEvaluate, approve, sinceBootMs, isTls } = deps;
  const sessions = newSessions(sinceBootMs);
  const guesses = newGuessLimit(sinceBootMs);
  const app = new Hono();

  const sessionOf = (c: Context): Session | undefined =>
    sessions.find(getCookie(c, sessionCookie), readPasswordHash(store));
  const openSession = (c: Context): void =>
    setCookie(c, sessionCookie, sessions.open(readPasswordHash(store)!), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      secure: isTls,
    });

  app.get('/', (c) => {
    const language = languageOf(c);
    const say = sayIn(language);
    const session = sessionOf(c);
    if (session === undefined) return signedOut(c, language);
    const { formToken } = session;
    const notice = noticeOf(c.req.query('done'), say);
    const body = overviewPage(read(), language, formToken, notice);
    return respond(c, {
      language,
      title: say('田源网关', 'Tianyuan gateway'),
      body,
      formToken,
      refreshSeconds,
    });
  });

  function signedOut(c: Context, language: Language, trouble?: FormTrouble): Response | Promise<Response> {
    const say = sayIn(language);
    const status = trouble === undefined ? 200 : trouble === 'wait' ? 429 : 403;
    return readPasswordHash(store) === undefined
      ? respond(
          c,
          { language, title: say('设置密码', 'Set a password'), body: setUpPage(language, trouble) },
          status,
        )
      : respond(c, { language, title: say('登录', 'Sign in'), body: signInPage(language, trouble) }, status);
  }

  app.use(async (c, next) => {
    // Browsers say where a form was sent from; a page of somebody else has no business with ours.
    const site = c.req.header('sec-fetch-site');
    const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (c.req.method === 'POST' && isForeign) return c.text('a form of another site is not taken\n', 403);
    return next();
  });
  app.on('POST', '*', bodyLimit({ maxSize: maxFormBytes }));

  app.post('/set-up', async (c) => {
    const language = languageOf(c);
    if (readPasswordHash(store) !== undefined) return signedOut(c, language, 'expired');
    const { code, password, again } = await readForm(c);
    if (password.length < minPasswordLength) return signedOut(c, language, 'short');
    if (password !== again) return signedOut(c, language, 'different');
    const isRight = await guesses.judge(() =>
      Promise.resolve(isSameSecret(code.trim().toUpperCase(), setUpCode)),
    );
    if (!isRight) return signedOut(c, language, isRight === undefined ? 'wait' : 'wrong');
    await setPassword(store, password);
    openSession(c);
    return c.redirect('/', 303);
  });

  app.post('/sign-in', async (c) => {
    const language = languageOf(c);
    const stored = readPasswordHash(store);
    if (stored === undefined) return signedOut(c, language);
    const { password } = await readForm(c);
    const isRight = await guesses.judge(() => isPassword(stored, password));
    if (!isRight) return signedOut(c, language, isRight === undefined ? 'wait' : 'wrong');
    openSession(c);
    return c.redirect('/', 303);
  });

  /** The session of a form that was really made by this session's page. */
  async function signedForm(c: Context): Promise<Session | undefined> {
    const session = sessionOf(c);
    const { token } = await readForm(c);
    return session !== undefined && isSameSecret(token, session.formToken) ? session : undefined;
  }

  app.post('/sign-out', async (c) => {
    if ((await signedForm(c)) === undefined) return signedOut(c, languageOf(c), 'expired');
    sessions.close(getCookie(c, sessionCookie));
    deleteCookie(c, sessionCookie, { path: '/' });
    return c.redirect('/', 303);
  });

  app.post('/quarantine/:id{[0-9]{1,15}}/re-evaluate', async (c) => {
    if ((await signedForm(c)) === undefined) return signedOut(c, languageOf(c), 'expired');
    const { code } = await reEvaluate(Number(c.req.param('id')));
    return c.redirect(`/?done=${code}`, 303);
  });

  app.post('/devices/:device{[a-z0-9._-]{1,64}}/approve', async (c) => {
    if ((await signedForm(c)) === undefined) return signedOut(c, languageOf(c), 'expired');
    const { code } = await readForm(c);
    return c.redirect(`/?done=${approve(c.req.param('device'), code) ? 'APPROVED' : 'CHANGED'}`, 303);
  });
  return app;
}

async function respond(c: Context, page: PageOptions, status: 200 | 403 | 429 = 200): Promise<Response> {
  c.header('content-security-policy', contentSecurityPolicy);
  c.header('cache-control', 'no-store');
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'same-origin');
  return c.html(String(await layOut(page)), status);
}

/** A form's texts; what is missing, or a file, is empty. */
async function readForm(c: Context): Promise<Record<'code' | 'password' | 'again' | 'token', string>> {
  const form = await c.req.parseBody();
  const textOf = (name: string): string => (typeof form[name] === 'string' ? form[name] : '');
  return {
    code: textOf('code'),
    password: textOf('password'),
    again: textOf('again'),
    token: textOf('token'),
  };
}

function languageOf(c: Context): Language {
  const asked = c.req.query('lang');
  const language = chooseLanguage(asked, getCookie(c, languageCookie), c.req.header('accept-language'));
  if (asked === language)
    setCookie(c, languageCookie, language, { sameSite: 'Lax', path: '/', maxAge: 31_536_000 });
  return language;
}

/** What became of a re-evaluation, from the address that the button led to; anything else says nothing. */
function noticeOf(code: string | undefined, say: Say): string | undefined {
  switch (code ?? '') {
    case 'LOGGED':
      return say('这条消息通过了，已进入日志。', 'The message verifies now and is in the log.');
    case 'DUPLICATE':
      return say(
        '这条消息早已在日志里，没有再记。',
        'The message was in the log already; nothing was added.',
      );
    case 'EQUIVOCATION':
      return say(
        '通过了，但与先前的消息矛盾，已作为证据存入日志。',
        'It verifies, and contradicts an earlier message: logged as evidence.',
      );
    case 'APPROVED':
      return say('设备已批准，可以接入。', 'The device is let in.');
    case 'CHANGED':
      return say('这个申请已经变了，请再看一遍。', 'That claim has changed. Look again.');
    case 'FULL':
      return say('存储已满，这条消息留在这里。', 'The store is full; the message stays here.');
    case 'GONE':
      return say('这条消息已不在这里。', 'The message is no longer here.');
    case 'UNKNOWN_DEVICE':
    case 'REVOKED_KEY':
    case 'BAD_SIGNATURE':
    case 'MALFORMED':
      return say(`还是通不过（${code}）。`, `It still does not verify (${code}).`);
    default:
      return undefined;
  }
}
