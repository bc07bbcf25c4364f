// A link to a step, `…/edit#menu`, as lists of who uses something have: it is chosen, shown, open.
const canvas = document.querySelector('#canvas');

function arrive() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!canvas.nodes?.has(id)) return;
  canvas.select([id]);
  canvas.dispatchEvent(new CustomEvent('flow:open', { detail: { id } }));
  canvas.reveal(id);
}

addEventListener('hashchange', arrive);
if ('ready' in canvas.dataset) arrive();
else new MutationObserver((_, watch) => { watch.disconnect(); arrive(); }).observe(canvas, { attributeFilter: ['data-ready'] });
