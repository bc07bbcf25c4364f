// Parts of a step's form that do more than hold a value: files, pairs, operands, a call tried out.

/** `send` sends the form; `give` sends fields of a step, whether its form is there or not; `kept`
    waits until the draft holds all that was written. */
export function listen(box, { send, give, kept, base, csrf }) {
  const form = () => box.querySelector('form');
  const post = (path, body) => fetch(`${base}/${path}`, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRF-Token': csrf } });

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
    const body = new FormData(), place = input.closest('.media'), { node } = form().dataset;
    body.append('file', input.files[0]);
    place.classList.add('is-busy');
    const answer = await post('files', body), said = await answer.json();
    // The form was made anew meanwhile, or is another's: the file is still that step's.
    if (!place.isConnected && answer.ok) { give(node, { [place.querySelector('select').name]: said.hash, action: 'again' }); return; }
    place.classList.remove('is-busy');
    input.value = '';
    const line = place.closest('.field').querySelector('.wrong');
    line.hidden = answer.ok;
    line.className = 'wrong bad';
    if (!answer.ok) { line.textContent = said.detail; return; }
    const select = place.querySelector('select'), option = new Option(said.name, said.hash, true, true);
    select.append(option);
    place.querySelector('input:not([type=file])').value = '';
    showFile(place);
    send();
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
    const { node } = form().dataset;
    for (const gap of box.querySelectorAll('[data-gap]')) body.append(gap.dataset.gap, gap.value);
    button.disabled = true;
    await kept();                         // the server tries the step of the draft
    const answer = await post(`steps/${node}/try`, body), said = await answer.text();
    button.disabled = false;
    const place = form()?.dataset.node === node && box.querySelector('#tried');
    if (!place) return;
    if (answer.ok) place.innerHTML = said;
    else place.textContent = JSON.parse(said).detail;
  }
}
