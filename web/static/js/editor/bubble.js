// What the step's messages look like on the customer's phone, as one types.
import { sampled } from './chips.js';
import { word } from './words.js';

const SPANS = [[/```([\s\S]+?)```/, 'code'], [/(?<![\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])/, 'b'], [/(?<![\w_])_([^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])/, 'i'], [/(?<![\w~])~([^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])/, 's']];

export function drawBubbles(form) {
  const place = form.querySelector('#wa');
  if (!place) return;
  const said = (name) => { const field = form.elements.namedItem(name); return field?.value === undefined ? '' : sampled(field.value, form); };
  place.replaceChildren(...[...form.querySelectorAll('[data-content]')].map((row) => bubble(row, said)));
}

function bubble(row, said) {
  const at = row.dataset.at, kind = row.dataset.content, box = el('div', 'said'), inner = el('div', 'bub');
  box.append(inner);
  const file = { image: '🖼', video: '🎬', audio: '🎤', document: '📄', sticker: '💟', location: '📍', contact: '👤', template: '✔' }[kind];
  const media = row.querySelector('.media img,.media video')?.cloneNode();
  if (media) inner.append(media); else if (file) inner.append(el('p', 'wa-file', `${file} ${row.querySelector('.media select')?.selectedOptions[0]?.text ?? ''}`));
  if (said(`${at}/header`)) inner.append(el('b', 'wa-head', said(`${at}/header`)));
  const words = said(`${at}/text`) || said(`${at}/caption`) || said(`${at}/name`) || said(`${at}/emoji`) || row.querySelector('.said-template')?.textContent || '';
  const text = el('p', 'wa-text');
  text.append(...format(words));
  inner.append(text);
  if (said(`${at}/footer`)) inner.append(el('small', 'wa-foot', said(`${at}/footer`)));
  inner.append(el('span', 'meta', '14:02'));
  const titles = [...row.querySelectorAll('[name$="/title"]')].filter((field) => field.name.includes('/buttons/'));
  for (const field of titles) box.append(el('span', 'wa-button', `↩ ${said(field.name)}`));
  if (kind === 'list') box.append(el('span', 'wa-button', `☰ ${said(`${at}/button`) || word('options')}`));
  if (kind === 'cta_url') box.append(el('span', 'wa-button', `↗ ${said(`${at}/title`)}`));
  if (kind === 'location_request') box.append(el('span', 'wa-button', `📍 ${word('location')}`));
  if (kind === 'contact_request') box.append(el('span', 'wa-button', `👤 ${word('number')}`));
  return box;
}

/** *bold*, _italic_, ~strike~ and ```mono```, as WhatsApp reads them. */
export function format(text) {
  for (const [shape, tag] of SPANS) {
    const found = shape.exec(text);
    if (found) {
      const it = document.createElement(tag);
      it.append(...(tag === 'code' ? [found[1]] : format(found[1])));
      return [...format(text.slice(0, found.index)), it, ...format(text.slice(found.index + found[0].length))];
    }
  }
  return text ? [document.createTextNode(text)] : [];
}

function el(tag, cls, text = '') {
  const made = document.createElement(tag);
  made.className = cls;
  made.textContent = text;
  return made;
}
