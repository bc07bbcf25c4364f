// The canvas for looking: marks of a difference, numbers, or a real conversation step by step.
import './canvas.js';
import { View } from './preview_view.js';

const canvas = document.querySelector('#canvas'), panel = document.querySelector('#preview');
const marks = JSON.parse(canvas.dataset.marks || '{}');

for (const [id, how] of Object.entries(marks.nodes ?? {})) canvas.nodes.get(id)?.el.classList.add(`is-${how}`);
for (const [id, how] of Object.entries(marks.lines ?? {})) document.getElementById(id)?.classList.add(`is-${how}`);
for (const [id, [count, weight]] of Object.entries(marks.counts ?? {})) {
  const line = document.getElementById(id);
  if (line) Object.assign(line.dataset, { count, weight });
}
for (const [id, words] of Object.entries(marks.notes ?? {})) {
  const card = canvas.nodes.get(id)?.el.querySelector('.fc-card');
  if (!card) continue;
  const note = document.createElement('p');
  note.className = 'look-note';
  for (const [kind, text] of words) {
    const piece = document.createElement('span');
    piece.className = kind;
    piece.textContent = text;
    note.append(piece);
  }
  card.querySelector('header').after(note);
}
canvas.redraw();
canvas.attachMinimap(document.querySelector('#map'));
requestAnimationFrame(() => { spread(); canvas.fit({ min: 0.5 }); canvas.toggleAttribute('data-ready', true); if (marks.story) replay(); });

/** A card that is higher by its numbers, or that is shown though it is gone, pushes away what it would cover. */
function spread() {
  const cards = [...canvas.nodes.values()].sort((a, b) => a.y - b.y);
  for (const [place, low] of cards.entries()) {
    for (const high of cards.slice(0, place)) {
      const beside = low.x >= high.x + high.w || high.x >= low.x + low.w;
      if (!beside && low.y < high.y + high.h && high.y < low.y + low.h) canvas._place(low, low.x, high.y + high.h + 24);
    }
  }
}

const zooms = { in: () => canvas.zoomAt(1.2), out: () => canvas.zoomAt(1 / 1.2), fit: () => canvas.fit() };
document.addEventListener('click', (event) => {
  zooms[event.target.closest('[data-zoom]')?.dataset.zoom]?.();
  const node = event.target.closest('[data-look]')?.dataset.look;
  if (node && canvas.nodes.has(node)) { canvas.select([node]); canvas.reveal(node); }
});
panel.querySelector('.look-filters')?.addEventListener('change', (event) => event.target.form.requestSubmit());

function replay() {
  const view = new View(panel, canvas);
  view.show(marks.story, false);
  view.go(marks.at ?? 0);
  const go = { back: () => view.look(view.at - 1), forth: () => view.look(view.at + 1) };
  panel.addEventListener('click', (event) => {
    go[event.target.closest('[data-pv]')?.dataset.pv]?.();
    const moment = event.target.closest('[data-moment]')?.dataset.moment;
    if (moment) view.look(+moment);
  });
  panel.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!('record' in event.target.dataset)) return;
    const button = event.target.querySelector('button'), body = new FormData(event.target);
    const answer = await fetch(event.target.action, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRF-Token': body.get('_csrf') } });
    const said = await answer.json();
    button.textContent = answer.ok ? button.dataset.recorded : said.detail;
  });
  panel.querySelector('#pv-range').addEventListener('input', (event) => view.look(+event.target.value));
  document.addEventListener('keydown', (event) => {
    if (event.target.matches('input,textarea,select') || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === ',') go.back();
    if (event.key === '.') go.forth();
  });
}
