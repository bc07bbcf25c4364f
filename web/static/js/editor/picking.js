// A small list to pick from, beside what asked for it: values, emoji, results of a search.
const folded = (text) => text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase();
/** As many lines as one looks through; whoever wants another one writes more of it. */
const MOST = 80;
let shown = null, asker = null;

/** Whether a list is open that something in here asked for: until then its place must stay. */
export const picking = (within) => !!shown?.matches(':popover-open') && within.contains(asker);

/** Closes the list that something in here asked for: its place goes away. */
export function stopPicking(within) { if (picking(within)) shown.hidePopover(); }

/** `items`: {value, label, note, group}. `choose` gets the value. `look`: "" for lines, "grid".
    The document hears `flow:picked` once the list is closed, whether something was chosen or not. */
export function pick(near, items, choose, label, look = '') {
  shown?.remove();
  const box = document.createElement('div');
  shown = box;
  asker = near;
  box.className = `ed-pick ${look}`;
  box.popover = 'auto';
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-label', label);
  const search = document.createElement('input'), list = document.createElement('div');
  Object.assign(search, { type: 'search', placeholder: label, ariaLabel: label, autocomplete: 'off' });
  list.className = 'list-of';
  if (look !== 'grid') box.append(search);
  box.append(list);
  const lines = items.map((item) => ({ item, folded: folded(`${item.label} ${item.note ?? ''} ${item.value}`) }));
  const draw = (words) => {
    list.replaceChildren();
    let group = null;
    const wanted = folded(words), found = lines.filter((line) => line.folded.includes(wanted));
    for (const { item } of found.slice(0, MOST)) {
      if (item.group && item.group !== group) {
        group = item.group;
        const head = document.createElement('p');
        head.textContent = group;
        list.append(head);
      }
      const button = document.createElement('button'), name = document.createElement('span');
      button.type = 'button';
      name.textContent = item.label;
      button.append(name);
      if (item.note) { const note = document.createElement('small'); note.textContent = item.note; button.append(note); }
      button.addEventListener('click', () => { box.hidePopover(); choose(item.value); });
      list.append(button);
    }
    if (found.length > MOST) list.append(Object.assign(document.createElement('p'), { className: 'more', textContent: `+ ${found.length - MOST}` }));
  };
  draw('');
  search.addEventListener('input', () => draw(search.value));
  box.addEventListener('keydown', (event) => {
    event.stopPropagation();
    const all = [...list.querySelectorAll('button')], at = all.indexOf(document.activeElement);
    if (event.key === 'Enter' && event.target === search && all.length) { event.preventDefault(); all[0].click(); }
    const grid = look === 'grid', step = { ArrowDown: 1, ArrowRight: grid && 1, ArrowUp: -1, ArrowLeft: grid && -1 }[event.key];
    if (step) { event.preventDefault(); (all[Math.min(Math.max(at + step, 0), all.length - 1)] ?? search).focus(); }
    if (event.key === 'Escape') { event.preventDefault(); box.hidePopover(); near.focus?.(); }
  });
  box.addEventListener('toggle', ({ newState }) => {
    if (newState !== 'closed') return;
    box.remove();
    document.dispatchEvent(new CustomEvent('flow:picked'));
  });
  document.body.append(box);
  box.showPopover();
  const at = near.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${at.bottom + box.offsetHeight + 12 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - box.offsetHeight - 4)}px`;
  (look === 'grid' ? list.querySelector('button') : search)?.focus();
}
