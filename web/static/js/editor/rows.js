// Rows of a form are dragged by their grip; the arrows beside it do the same for a keyboard.
const NEAR = 36;                          // to the border of what scrolls, in pixels

/** `send` gets the action: which row, and the place that it has among its own from now on. */
export function dragRows(box, send) {
  box.addEventListener('pointerdown', (event) => {
    const grip = event.target.closest('[data-grip]');
    if (!grip || event.button || grip.closest('fieldset:disabled,[inert]')) return;
    event.preventDefault();               // a drag marks no words
    document.activeElement?.blur?.();     // what is being written goes first, at its old place
    start(grip, event);
  });

  function start(grip, from) {
    const row = grip.closest('.row-of'), rows = [...row.parentElement.children].filter((it) => it.matches('.row-of'));
    const here = rows.indexOf(row), room = box.querySelector('.ed-scroll'), before = room.scrollTop;
    const spots = rows.map((it) => ({ middle: it.offsetTop + it.offsetHeight / 2, top: it.offsetTop, bottom: it.offsetTop + it.offsetHeight }));
    const step = spots[here].bottom - spots[here].top + (spots[1].top - spots[0].bottom);
    let there = here, last = from, rolling = 0;

    const place = () => {
      const by = last.clientY - from.clientY + room.scrollTop - before;
      const up = spots[here].top + by, down = spots[here].bottom + by;
      there = by < 0 ? spots.findIndex(({ middle }, index) => index >= here || up < middle) : spots.findLastIndex(({ middle }, index) => index <= here || down > middle);
      for (const [index, it] of rows.entries()) {
        const shift = index === here ? by : index > here && index <= there ? -step : index < here && index >= there ? step : 0;
        it.style.transform = shift ? `translateY(${shift}px)` : '';
      }
    };
    const roll = () => {
      const { top, bottom } = room.getBoundingClientRect(), at = last.clientY;
      const pull = at < top + NEAR ? at - top - NEAR : at > bottom - NEAR ? at - bottom + NEAR : 0;
      if (pull) { room.scrollTop += pull / 3; place(); }
      rolling = requestAnimationFrame(roll);
    };
    const move = (event) => { last = event; place(); };
    const key = (event) => { if (event.key === 'Escape') { event.stopPropagation(); event.preventDefault(); end(false); } };
    const drop = (event) => { if (event.pointerId === from.pointerId) end(event.type === 'pointerup'); };
    const end = (done) => {
      cancelAnimationFrame(rolling);
      removeEventListener('pointermove', move);
      for (const kind of ['pointerup', 'pointercancel']) removeEventListener(kind, drop);
      removeEventListener('keydown', key, true);
      row.classList.remove('is-moving');
      row.parentElement?.classList.remove('is-sorting');
      for (const it of rows) it.style.transform = '';
      if (!done || there === here || !row.isConnected) return;
      rows[there][there < here ? 'before' : 'after'](row);   // until the answer shows it so
      send(`move:${row.dataset.at}:${there}`);
    };
    row.classList.add('is-moving');
    row.parentElement.classList.add('is-sorting');
    addEventListener('pointermove', move);
    for (const kind of ['pointerup', 'pointercancel']) addEventListener(kind, drop);
    addEventListener('keydown', key, true);
    roll();
  }
}
