// A page is of the person who opened it: what is done in it waits until they are in again, and is never
// sent in the name of somebody else who signs in at this browser. Who does is told, and may throw it away.
import { person, renew } from './token.js';

let other = false;
/** Whether somebody else is signed in by now, as far as this page knows. */
export const foreign = () => other;

const said = () => { try { return localStorage.getItem('person') ?? person(); } catch { return person(); } };

export function keepToPerson(canvas, queue, inspector) {
  const place = document.querySelector('#toast'), words = document.querySelector('#other-person');
  const mayEdit = !canvas.readonly;

  /** Nothing more is done here by whoever that is; what was written and not sent is still its author's. */
  const lock = (on) => {
    if (on) inspector.leave();
    other = on;
    if (mayEdit) canvas.toggleAttribute('readonly', on);
    for (const part of document.querySelectorAll('.ed-main,.ed-palette')) part.inert = on;
  };
  const show = (name) => {
    if (!other) lock(true);
    if (queue.waiting.length) queue.state('person');
    const box = words.content.cloneNode(true).firstElementChild;
    for (const it of box.querySelectorAll('[data-now]')) it.textContent = it.textContent.replace('…', name);
    for (const it of box.querySelectorAll('[data-waits]')) it.hidden = (it.dataset.waits === 'yes') !== queue.waiting.length > 0;
    place.replaceChildren(box);
  };
  const hide = () => place.querySelector('[data-other]')?.remove();
  const back = () => {
    if (!other) return;
    lock(false);
    hide();
    document.dispatchEvent(new CustomEvent('person:back'));
  };
  /** Who is in is asked, so that their name can be said; and the token of now is taken. */
  const look = async () => { if (await renew()) back(); };

  let told = '';                          // it is asked again and again who is in: who was told is told once
  document.addEventListener('person:other', ({ detail }) => {
    const now = `${detail.name}/${queue.waiting.length > 0}`;
    if (other && told === now) return;
    told = now;
    show(detail.name);
  });
  addEventListener('storage', ({ key, newValue }) => { if (key === 'person' && newValue && (other || newValue !== person())) look(); });
  addEventListener('pageshow', ({ persisted }) => { if (persisted && said() !== person()) look(); });
  document.addEventListener('visibilitychange', () => { if (other && !document.hidden) look(); });
  // While something waits its author may come back where nothing may be kept: the queue asks again.
  queue.addEventListener('answered', back);
  place.addEventListener('click', ({ target }) => {
    const act = target.closest('[data-person-act]')?.dataset.personAct;
    if (act === 'keep') hide();
    if (act === 'discard') { queue.waiting.length = 0; queue.busy = false; location.reload(); }
  });
}
