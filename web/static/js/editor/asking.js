// What is asked of the server once, and not again by itself: a call tried out, a file, a chat played.
import { moved, renew, token } from './token.js';
import { word } from './words.js';

/** Whether it was done, and what was said: JSON, or the `html` that is wanted. Where nobody answers,
    or somebody on the way does, that is said (`away`). `body`: none asks by GET. */
export async function ask(address, { body, html } = {}) {
  let used;
  const once = () => fetch(address, { method: body ? 'POST' : 'GET', body, headers: { Accept: 'application/json', 'X-CSRF-Token': used = token() } });
  try {
    let answer = await once();
    if (answer.status === 403 && await renew(used)) answer = await once();
    moved(answer);
    if (answer.headers.get('content-type')?.includes('json')) return [answer.ok, await answer.json()];
    if (html && answer.ok) return [true, await answer.text()];
  } catch { /* nobody there, or it broke off */ }
  return [false, { detail: word('away'), away: true }];
}

export function formOf(fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return body;
}
