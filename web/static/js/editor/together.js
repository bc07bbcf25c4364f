// Others at the same draft: who they are, and what they changed, shown without being asked.
import { read } from './reading.js';
import { space } from './token.js';
import { word } from './words.js';

export function listenToOthers(canvas, queue, base, { put, after }) {
  const line = document.querySelector('#others');
  // Only while somebody looks: a browser has six connections for all tabs of a product, and each
  // stream takes one; a seventh page would never load.
  let source = null, again = 0;
  const hear = () => {
    if (source || document.hidden) return;
    clearTimeout(again);
    source = new EventSource(`${base}/live?workspace=${space()}`);
    source.onmessage = async ({ data }) => {
      const { rev, by, people } = JSON.parse(data);
      line.textContent = people.length ? `${word('with')} ${people.join(', ')}` : '';
      await idle();
      if (rev > +queue.rev && !queue.stale) await fetchAll(by || word('somebody'));
    };
    // The stream ends after some minutes, and the browser comes back by itself; where it was refused
    // (nobody is signed in, or in another workspace) it does not.
    source.onerror = ({ target }) => {
      if (target !== source || target.readyState !== EventSource.CLOSED) return;
      deaf();
      again = setTimeout(hear, 5000);
    };
  };
  const deaf = () => { source?.close(); source = null; clearTimeout(again); };
  document.addEventListener('workspace:back', () => { deaf(); hear(); });
  addEventListener('pagehide', deaf);
  document.addEventListener('visibilitychange', () => (document.hidden ? deaf() : hear()));

  /** Until what we send ourselves is answered: our own edits are no news. */
  const idle = async () => { for (let turn = 0; turn < 100 && (queue.busy || queue.waiting.length); turn += 1) await new Promise((done) => setTimeout(done, 100)); };

  const shown = new Map();                // what was last put of each element: equal HTML is no news
  queue.addEventListener('applied', ({ detail }) => { for (const { id } of detail.parts) shown.delete(id); });
  queue.addEventListener('behind', () => { shown.clear(); fetchAll(''); });

  let asked = 0;
  async function fetchAll(by) {
    const mine = ++asked, text = await read(`${base}/board`, () => mine === asked);
    if (text === null || mine !== asked) return;
    const { rev, parts } = JSON.parse(text);
    // An edit of ours that went meanwhile says itself whether more is other than it knows.
    if (queue.busy || queue.waiting.length || rev < +queue.rev) return;
    const ids = new Set(parts.map(({ id }) => id));
    queue.rev = String(rev);
    for (const el of canvas.world.querySelectorAll(':scope>.fc-node,:scope>flow-edge,:scope>.fc-mark')) if (!ids.has(el.id)) { el.remove(); parts.push({ id: el.id }); }
    for (const part of parts) if (part.html && shown.get(part.id) !== part.html) { shown.set(part.id, part.html); put(part); }
    queue.isRead();
    canvas.sync();
    after({ edit: { path: 'others', fields: {} }, parts, added: [] });
    if (!by) return;
    const toast = document.createElement('p');
    toast.className = 'toast';
    toast.textContent = `${by} ${word('changed')}`;
    document.querySelector('#toast').replaceChildren(toast);
    canvas.say(toast.textContent);
  }
  hear();
}
