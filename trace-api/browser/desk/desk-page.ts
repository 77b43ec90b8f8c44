// oxlint-disable-next-line import/no-unassigned-import -- has to come before any schema is made
import '../without-eval.ts';
import { encodeBase64 } from '@tianyuan/protocol';
import { element } from '../element.ts';
import { say } from '../language.ts';
import { type Written, Refused, call, session } from './desk-api.ts';
import { FieldProblem, workOf } from './desk-forms.ts';
import { type KeptKey, openKeyStore } from './key-store.ts';
import { canHoldKeys, makeKey, signBody, signLogin } from './person-key.ts';
import { addResult, showNote } from './show-results.ts';

const personField = element('person', HTMLInputElement);
const numberField = element('key-number', HTMLInputElement);
const resend = element('resend', HTMLButtonElement);

if (canHoldKeys()) await start();
else {
  showNote(
    'login-note',
    say(
      '浏览器只在 HTTPS 网页或本机地址上保管密钥。请改用 HTTPS 打开本页，或用命令行 npm run person。',
      'Browsers keep keys only for pages over HTTPS or from this machine. Open this page over HTTPS, or use npm run person.',
    ),
  );
}

async function start(): Promise<void> {
  const store = await openKeyStore();
  let current: KeptKey | undefined = (await store.all())[0];
  show();
  await showOutgoing();

  element('make-key', HTMLButtonElement).addEventListener('click', () => void attempt('login-note', make));
  element('log-in', HTMLButtonElement).addEventListener('click', () => void attempt('login-note', logIn));
  element('log-out', HTMLButtonElement).addEventListener('click', () => void attempt('login-note', logOut));
  resend.addEventListener('click', () => void attempt('work-note', sendAll));
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-form]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void attempt('work-note', () => submit(form));
    });
  }

  async function make(): Promise<void> {
    const person = personField.value.trim();
    if (!/^[a-z0-9._-]{1,64}$/.test(person)) {
      throw new FieldProblem(
        'person',
        say('只用小写字母、数字和 . _ -', 'Small letters, digits and . _ - only'),
      );
    }
    current = await makeKey(store, person);
    show();
  }

  async function logIn(): Promise<void> {
    if (current === undefined) throw new Error(say('请先生成密钥', 'Make a key first'));
    const key = Number(numberField.value);
    if (key !== current.key) {
      await store.renumber(current.person, key);
      current = { ...current, key };
    }
    const asked = await call<{ challenge: string; site: string }>('POST', '/api/v1/sessions/challenge', {
      person: current.person,
    });
    const { challenge, site } = asked;
    const login = await signLogin(current, { challenge, site });
    session.begin((await call<{ token: string }>('POST', '/api/v1/sessions', login)).token);
    show();
  }

  async function logOut(): Promise<void> {
    try {
      await call('DELETE', '/api/v1/sessions');
    } finally {
      session.end();
      show();
    }
  }

  async function submit(form: HTMLFormElement): Promise<void> {
    const name = form.dataset['form']!;
    const data = new FormData(form);
    const field = (one: string) => {
      const value = data.get(one);
      return typeof value === 'string' ? value : '';
    };
    const work = workOf[name]!(field, Date.now());
    const what = form.dataset['title']!;
    if (work.kind === 'call') {
      addResult(what, await call<Written>('POST', work.path, work.body));
      return;
    }
    const { person } = current!;
    const signed = await signBody(store, person, work.body, work.batch);
    await store.putOut({ ...signed, person, what });
    await send(signed.id, signed.payload, what);
  }

  /** What was signed stays until the service has said yes, or no for good. */
  async function send(id: string, payload: string, what: string): Promise<void> {
    try {
      addResult(what, await call<Written>('POST', '/api/v1/messages', payload));
      await store.takeBack(id);
    } catch (error) {
      if (error instanceof Refused && error.isFinal) await store.takeBack(id);
      throw error;
    } finally {
      await showOutgoing();
    }
  }

  async function sendAll(): Promise<void> {
    for (const { id, payload, what } of await store.outgoing()) await send(id, payload, what);
  }

  async function showOutgoing(): Promise<void> {
    const { length } = await store.outgoing();
    resend.hidden = length === 0;
    resend.textContent = say(`重新发送未送达的 ${length} 条`, `Send the ${length} that did not arrive`);
  }

  function show(): void {
    const isIn = session.token() !== null && current !== undefined;
    element('work', HTMLDivElement).hidden = !isIn;
    element('log-out', HTMLButtonElement).hidden = !isIn;
    element('log-in', HTMLButtonElement).hidden = isIn || current === undefined;
    element('number-line', HTMLDivElement).hidden = isIn || current === undefined;
    element('make-key', HTMLButtonElement).hidden = current !== undefined;
    element('enrol', HTMLDivElement).hidden = current === undefined || isIn;
    personField.disabled = current !== undefined;
    if (current === undefined) return;
    personField.value = current.person;
    numberField.value = String(current.key);
    const publicKey = encodeBase64(current.publicKey);
    element('public-key', HTMLElement).textContent = publicKey;
    element('enrol-command', HTMLElement).textContent =
      `npm run person -- enrol ${current.person} --public-key ${publicKey}`;
  }
}

/** Does it, and says beside it what went wrong. */
async function attempt(note: string, work: () => Promise<void>): Promise<void> {
  showNote(note, undefined);
  try {
    await work();
  } catch (error) {
    const { message } = error as Error;
    showNote(note, error instanceof FieldProblem ? `${error.field}: ${message}` : message);
  }
}
