import { say } from '../language.ts';

/** Where a record stands. */
export type Written = { index: number; proof: string };

/** What the service said no to, in its own words. `isFinal`: it will say no to the same again. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly isFinal: boolean;

  constructor(message: string, isFinal: boolean) {
    super(message);
    this.isFinal = isFinal;
  }
}

const sessionItem = 'tianyuan-session';

/** The session of this tab; gone when the tab is closed. */
export const session = {
  token: (): string | null => sessionStorage.getItem(sessionItem),
  begin: (token: string): void => sessionStorage.setItem(sessionItem, token),
  end: (): void => sessionStorage.removeItem(sessionItem),
};

/** @throws Refused */
export async function call<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: string | object,
): Promise<T> {
  const token = session.token();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        'x-idempotency-key': crypto.randomUUID(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new Refused(say('没有连上服务，稍后再试', 'The service cannot be reached; try again later'), false);
  }
  const answer = (await response.json().catch(() => ({}))) as T & { title?: string; detail?: string };
  if (response.ok) return answer;
  const words = [answer.title ?? `HTTP ${response.status}`, answer.detail].filter(Boolean).join('：');
  throw new Refused(words, response.status >= 400 && response.status < 500 && response.status !== 429);
}
