// The token that this page sends with all that it does. A session that began anew has another one.
const shown = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') ?? '{}');

export const token = () => shown()['X-CSRF-Token'] ?? '';
/** The workspace that a token is of. */
export const space = (of = token()) => of.split('.')[0];
/** Whose a page is. */
export const person = (of = document.body) => of.dataset.person ?? '';

/** Whether an answer refuses a token that is old by now, and so has looked at nothing else. */
export const old = (answer) => answer.status === 403 && answer.headers.get('x-problem') === 'token';

/** Takes the token of now, where the same person is signed in and in this workspace; whether it is
    another than the one that was `used`. That of somebody else is never taken: who they are is told (`person:other`). */
export async function renew(used = token()) {
  const answer = await fetch('/flows/new').catch(() => null);
  if (!answer || answer.redirected) return false;   // who may not make flows is told so on a page of theirs
  const { body } = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (body.dataset.person && body.dataset.person !== person()) {
    document.dispatchEvent(new CustomEvent('person:other', { detail: { name: body.dataset.personName } }));
    return false;
  }
  const fresh = JSON.parse(body.getAttribute('hx-headers:inherited') ?? '{}')['X-CSRF-Token'] ?? '';
  if (!fresh || fresh === used || space(fresh) !== space()) return false;
  document.body.setAttribute('hx-headers:inherited', JSON.stringify({ ...shown(), 'X-CSRF-Token': fresh }));
  return true;
}

/** Whether an answer says that the session is in another workspace by now; the page is told, as it is
    of a session that is over. */
export function moved(answer) {
  if (answer.status === 401) document.dispatchEvent(new CustomEvent('session:over'));
  const found = answer.headers.get('x-problem') === 'workspace';
  if (found) document.dispatchEvent(new CustomEvent('workspace:moved'));
  return found;
}
