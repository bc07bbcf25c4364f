// The menu of steps: dropped lines, "+" on a line, "/" on the keyboard, a click in the palette.
import { holdFor } from './holding.js';
import { word } from './words.js';

const WIDTH = 264, CARD = [292, 152];
const snap = (value) => Math.round(value / 8) * 8;
const folded = (text) => text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase();

export function openMenu(canvas, queue) {
  const menu = document.querySelector('#menu'), search = menu.querySelector('input');
  let place = null;

  const filter = (box, words) => {
    const wanted = folded(words.trim());
    for (const step of box.querySelectorAll('.ed-pal')) step.hidden = !folded(`${step.textContent} ${step.dataset.also}`).includes(wanted);
    for (const group of box.querySelectorAll('section')) group.hidden = !group.querySelector('.ed-pal:not([hidden])');
    box.querySelector('.ed-none').hidden = !!box.querySelector('.ed-pal:not([hidden])');
  };
  /** What Enter takes: whose own name fits, before those that are only meant by the word. */
  const first = (steps) => steps.find((step) => folded(step.textContent).includes(folded(search.value.trim()))) ?? steps[0];
  const open = (where) => {
    place = where;
    search.value = '';
    filter(menu, '');
    menu.showPopover();
    const room = canvas.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(where.clientX, room.right - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(room.top + 8, Math.min(where.clientY, room.bottom - menu.offsetHeight - 8))}px`;
    search.focus();
  };
  /** Where one pointed; a place that nobody chose covers no card. */
  const spot = () => {
    const x = snap(place.x), y = snap(place.y) - 32;
    return { x, y: place.chosen === false ? snap(canvas._freeY(x, y, ...CARD)) : y };
  };
  const choose = (type) => {
    menu.hidePopover();
    // Nothing comes behind an end: it would take the line away that nobody pointed at.
    if (type === 'end' && place.to && place.chosen === false) place = { x: place.x, y: place.y, chosen: false };
    const { from = '', out: exit = '', to = '' } = place;
    const at = to && type !== 'trigger' ? canvas.room(from, to, place) : spot();
    const fields = { type, from, exit, to, ...at };
    queue.send('add', fields, word('add'));
    holdFor(fields);
  };
  const after = (id, chosen) => {
    const n = canvas.nodes.get(id), on = n && (chosen ? { out: chosen } : canvas.onward(n));
    if (!on) return middle();
    const y = on.to ? n.y + n.outs.get(on.out).dy : n.y + 32;
    return { from: id, ...on, x: n.x + n.w + 72 + (on.to ? WIDTH / 2 : 0), y, chosen: false };
  };
  const middle = () => {
    const room = canvas.getBoundingClientRect();
    const at = canvas.toWorld(room.left + room.width / 2, room.top + room.height / 2);
    return { x: at.x - WIDTH / 2, y: at.y, chosen: false };
  };
  const onScreen = (at) => {
    const room = canvas.getBoundingClientRect(), { x, y, k } = canvas.view;
    return { clientX: room.left + at.x * k + x, clientY: room.top + at.y * k + y };
  };

  menu.addEventListener('click', (event) => {
    const step = event.target.closest('.ed-pal');
    if (step) choose(step.dataset.type);
  });
  search.addEventListener('input', () => filter(menu, search.value));
  menu.addEventListener('keydown', (event) => {
    const steps = [...menu.querySelectorAll('.ed-pal:not([hidden])')].filter((step) => step.offsetParent);
    const at = steps.indexOf(document.activeElement);
    if (event.key === 'Enter' && event.target === search && steps.length) { event.preventDefault(); choose(first(steps).dataset.type); }
    if (event.key === 'ArrowDown') { event.preventDefault(); steps[Math.min(at + 1, steps.length - 1)]?.focus(); }
    if (event.key === 'ArrowUp') { event.preventDefault(); (at > 0 ? steps[at - 1] : search).focus(); }
  });

  return {
    filter,
    open,
    openAfter: (id, exit) => { const at = after(id ?? [...canvas.selection][0], exit); open({ ...at, ...onScreen(at) }); },
    /** From the palette: joined to the chosen step where that has a free exit. */
    add: (type) => { place = canvas.selection.size === 1 && type !== 'trigger' ? after([...canvas.selection][0]) : middle(); choose(type); },
  };
}
