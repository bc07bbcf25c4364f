// Parts of a step's form that do more than hold a value: files, pairs, operands, a call tried out.

import { ask, formOf } from './asking.js';
import { word } from './words.js';

/** `send` sends the form; `give` sends fields of a step, whether its form is there or not; `kept`
    waits until the draft holds all that was written. */
export function listen(box, { send, give, kept, refill, shifts, base }) {
  const form = () => box.querySelector('form');
  let tries = 0;

  box.addEventListener('change', async (event) => {
    const it = event.target;
    if (it.matches('[data-operand]')) {
      const text = it.parentElement.querySelector('input');
      text.hidden = it.value.startsWith('var:') || !it.value;
      if (!text.hidden) text.focus();
    }
    if (it.matches('[data-upload]') && it.files[0]) await upload(it);
    if (it.closest('.media')) showFile(it.closest('.media'));
  });

  /** A file becomes one of the workspace's, and this message's. */
  async function upload(input) {
    const place = input.closest('.media'), { node } = form().dataset, before = shifts(node);
    place.classList.add('is-busy');
    const [done, said] = await ask(`${base}/files`, { body: formOf({ file: input.files[0] }) });
    if (done && shifts(node) !== before) { tell(word('uploaded')); refill(); return; }
    // The form was made anew meanwhile, or is another's: the file is still that step's.
    if (!place.isConnected && !done) { tell(said.detail); return; }
    if (!place.isConnected) { give(node, { [place.querySelector('select').name]: said.hash, action: 'again' }); return; }
    place.classList.remove('is-busy');
    input.value = '';
    const line = place.closest('.field').querySelector('.wrong');
    line.hidden = done;
    line.className = 'wrong bad';
    if (!done) { line.textContent = said.detail; return; }
    const select = place.querySelector('select'), option = new Option(said.name, said.hash, true, true);
    select.append(option);
    place.querySelector('input:not([type=file])').value = '';
    showFile(place);
    send();
  }
  function tell(words) {
    const toast = document.createElement('p');
    toast.className = 'toast bad';
    toast.textContent = words;
    document.querySelector('#toast').replaceChildren(toast);
  }
  function showFile(place) {
    const hash = place.querySelector('select').value, kind = place.dataset.media, shown = place.querySelector('.media-show');
    shown.replaceChildren();
    if (!hash || !['image', 'sticker', 'video', 'audio'].includes(kind)) return;
    const it = document.createElement({ image: 'img', sticker: 'img', video: 'video', audio: 'audio' }[kind]);
    it.src = `/media/${hash}`;
    if (kind === 'video' || kind === 'audio') it.controls = true; else it.alt = '';
    shown.append(it);
  }
  new MutationObserver(() => { for (const place of box.querySelectorAll('.media:not([data-ready])')) { place.dataset.ready = ''; showFile(place); } }).observe(box, { childList: true });

  box.addEventListener('click', async (event) => {
    const it = event.target;
    if (it.closest('[data-pair-add]')) {
      const field = it.closest('.field'), row = field.querySelector('template').content.cloneNode(true);
      field.querySelector('.pairs').append(row);
      field.querySelector('.pair:last-child input').focus();
    }
    if (it.closest('[data-pair-remove]')) {
      const pairs = it.closest('.pairs');
      it.closest('.pair').remove();
      if (!pairs.children.length) pairs.append(Object.assign(document.createElement('input'), { type: 'hidden', name: `${pairs.closest('.field').dataset.at}.name`, value: '' }));
      send();
    }
    if (it.closest('[data-try]')) await tryIt(it.closest('[data-try]'));
    const kept = it.closest('[data-keep]');
    if (kept) send({ action: `add:save=${kept.dataset.name}=${kept.dataset.type}=${kept.dataset.keep}:/save` });
  });

  async function tryIt(button) {
    const body = new FormData();
    const mine = ++tries, { node } = form().dataset;
    for (const gap of box.querySelectorAll('[data-gap]')) body.append(gap.dataset.gap, gap.value);
    button.disabled = true;
    await kept();                         // the server tries the step of the draft
    const [done, said] = await ask(`${base}/steps/${node}/try`, { body, html: true });
    button.disabled = false;
    // What was tried last is what is shown, at its own step.
    const place = mine === tries && form()?.dataset.node === node && box.querySelector('#tried');
    if (!place) return;
    if (done) place.innerHTML = said;
    else place.textContent = said.detail;
  }
}
