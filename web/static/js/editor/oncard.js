// Words written where they stand: a double click on a bubble (or F2 on its card) edits it in place.
// Ctrl+Enter or going elsewhere keeps them, Escape does not.
import { textOf, writeIn } from './chips.js';
import { hold, pour, release } from './holding.js';
import { word } from './words.js';

const keys = /Mac|iP(ad|hone)/.test(navigator.platform) ? word('on-card').replace('Ctrl+', '⌘') : word('on-card');

export function writeOnCard(canvas, queue, inspector) {
  canvas.addEventListener('flow:write', async ({ detail: { id } }) => {
    if (canvas.readonly) return;
    const typed = hold({ whole: true });
    await inspector.open(id);
    if (inspector.wanted !== id || typed.ended === 'Escape') { release(typed); return; }
    const form = inspector.form(), field = form?.dataset.node === id && form.querySelector('[name^="/contents/"][name$="/text"],[name^="/contents/"][name$="/caption"]');
    const bubble = canvas.nodes.get(id)?.el.querySelector('.fc-say');
    if (!field || !bubble) { await inspector.open(id, true); pour(typed, inspector.form()); return; }
    const before = [...bubble.childNodes], box = writeIn(bubble, field.value, form);
    bubble.append(Object.assign(document.createElement('small'), { className: 'on-card-keys', textContent: keys }));
    bubble.classList.add('is-written');
    let over = false;
    const end = (keep) => {
      if (over) return;
      over = true;
      canvas.removeEventListener('flow:leaving', leaving);
      const text = textOf(box);
      bubble.classList.remove('is-written');
      const kept = keep && text !== field.value;
      bubble.replaceChildren(...(kept ? [text] : before));
      bubble.dispatchEvent(new CustomEvent('flow:written', { bubbles: true, detail: { kept } }));
      if (!kept) return;
      queue.send(`steps/${id}`, { [field.name]: text, action: 'again' }, word('edit'));
    };
    const leaving = () => end(true);
    canvas.addEventListener('flow:leaving', leaving);
    box.addEventListener('keydown', (event) => {
      event.stopPropagation();
      const done = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
      if (event.key !== 'Escape' && !done) return;
      event.preventDefault();
      end(done);
      canvas.nodes.get(id)?.el.focus({ preventScroll: true });
    });
    pour(typed, box);
    box.addEventListener('focusout', () => setTimeout(() => { if (!document.querySelector('.ed-pick')) end(true); }));
  });
}
