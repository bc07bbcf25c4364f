// The clipboard: it reaches other flows and other tabs of this browser, until one signs out or the
// session ends (app.js, moved.js).
import { pastePlace } from './free.js';
import { token } from './token.js';
import { word } from './words.js';

const KEY = 'flowengine.clip';

/** `written` sends what is being written; `tell` shows a sentence. Gives `held`: is there anything to paste? */
export function openClipboard(canvas, queue, base, { written, tell }) {
  let copying = null;                     // a paste right behind it takes what it brings
  let here = null;                        // what is too large for other tabs
  addEventListener('storage', ({ key }) => { if (key === KEY) here = null; });
  for (const over of ['session:over', 'person:other']) document.addEventListener(over, () => { here = null; drop(); });

  canvas.addEventListener('flow:copy', ({ detail }) => { copying = copy(detail); });
  async function copy({ ids, cut }) {
    written();                            // the draft is what is copied: what was written comes first
    await queue.quiet();
    const body = new FormData();
    body.append('id', ids.join('\n'));    // one field: there may be thousands
    const answer = await fetch(`${base}/clip`, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRF-Token': token() } }).catch(() => null);
    const text = answer?.ok && answer.headers.get('content-type')?.includes('json') ? await answer.text().catch(() => '') : '';
    localStorage.removeItem(KEY);         // never an older copy in the place of this one
    here = null;
    if (!text) { tell(word('not-copied')); return; }
    const kept = keep(text);
    if (kept) canvas.say(word('copied'));
    else { here = text; tell(word('copied-here')); }
    canvas.dispatchEvent(new CustomEvent('flow:copied'));
    if (cut) canvas.remove(ids);
  }
  function drop() {
    try { localStorage.removeItem(KEY); } catch { /* not allowed */ }
  }
  function held() {
    try { return localStorage.getItem(KEY); } catch { return null; }
  }
  function keep(text) {
    try { localStorage.setItem(KEY, text); return true; } catch { return false; }
  }

  const coming = new Map();               // by what was sent: where it goes, so that the next goes elsewhere
  for (const end of ['applied', 'refused']) queue.addEventListener(end, ({ detail }) => coming.delete(detail.edit.fields));

  canvas.addEventListener('flow:paste', async () => {
    await copying;
    const clip = here ?? localStorage.getItem(KEY);
    if (!clip || canvas.readonly) return;
    const place = pastePlace(canvas, clip, [...coming.values()]), fields = { clip, x: place.x, y: place.y };
    coming.set(fields, place);
    queue.send('paste', fields, word('paste'));
  });
  return { held: () => Boolean(here ?? held()) };
}
