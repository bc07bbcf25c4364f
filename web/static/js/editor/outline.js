// The flow as a list, in place of the canvas: ?view=outline, or the button of the tools. The same
// queue and the same forms; the canvas waits beneath.
import { read } from './reading.js';

export function openOutline(canvas, queue, base, { menu, inspector }) {
  const box = document.querySelector('#outline'), button = document.querySelector('[data-act=outline]');
  let shown = false, focus = '', asked = 0;

  const draw = async () => {
    const mine = asked += 1, html = await read(`${base}/outline`, () => shown && mine === asked);
    if (html === null || !shown || mine !== asked) return;
    const at = focus || name(document.activeElement);
    box.innerHTML = html;
    focus = '';
    if (at) box.querySelector(at)?.focus({ preventScroll: false });
  };
  const name = (el) => {
    if (!box.contains(el)) return '';
    const { outlineFrom: from, outlineExit: exit, goto } = el.dataset;
    if (goto) return `[data-goto="${CSS.escape(goto)}"]`;
    return from ? `[data-outline-from="${CSS.escape(from)}"][data-outline-exit="${CSS.escape(exit)}"]` : '';
  };
  const toggle = (on = !shown) => {
    shown = on;
    box.hidden = !on;
    canvas.toggleAttribute('inert', on);
    document.body.classList.toggle('outlined', on);
    button.setAttribute('aria-pressed', on);
    const url = new URL(location.href);
    if (on) url.searchParams.set('view', 'outline'); else url.searchParams.delete('view');
    history.replaceState(null, '', url);
    if (on) draw();
  };

  box.addEventListener('change', ({ target }) => {
    const { outlineFrom: from, outlineExit: exit } = target.dataset;
    if (!from) return;
    if (target.value === '+') {
      const at = target.getBoundingClientRect(), n = canvas.nodes.get(from);
      target.value = '';
      menu.open({ from, out: exit, x: n.x + n.w + 72, y: n.y + 32, clientX: at.left, clientY: at.bottom });
    } else if (target.value) queue.ops([{ op: 'connect', from, exit, to: target.value }], target.options[target.selectedIndex].text);
    else queue.ops([{ op: 'disconnect', from, exit }], '');
  });
  box.addEventListener('click', (event) => {
    const gone = event.target.closest('[data-outline-remove]')?.dataset.outlineRemove, open = event.target.closest('[data-goto]');
    if (gone) queue.ops([{ op: 'remove', id: gone }], gone);
    if (open && event.detail === 0) { event.stopPropagation(); canvas.select([open.dataset.goto]); inspector.open(open.dataset.goto, true); }
  });
  if (new URLSearchParams(location.search).get('view') === 'outline') toggle(true);

  return {
    toggle,
    get shown() { return shown; },
    /** After an edit; a new step is where one goes on. */
    after: ({ added }) => {
      if (!shown) return;
      if (added.length) focus = `[data-goto="${CSS.escape(added[0])}"]`;
      draw();
    },
  };
}
