// Search in the flow: by what a card says, its kind or its name; what is picked is shown.
import { pick } from './picking.js';
import { word } from './words.js';

export function openSearch(canvas, inspector, near) {
  const items = [...canvas.nodes.values()].map(({ id, el }) => ({
    value: id,
    label: el.querySelector('.names b').textContent,
    note: [...[...el.querySelectorAll('.names small,.fc-say,.fc-line-text,.fc-ways span')].map((it) => it.textContent)].join(' · '),
  }));
  pick(near, items, (id) => {
    canvas.select([id]);
    canvas.reveal(id);
    canvas.nodes.get(id)?.el.focus({ preventScroll: true });
    inspector.open(id);
  }, word('search'), 'wide');
}
