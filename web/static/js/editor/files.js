// Files dropped on the canvas: the steps of a flow's file come in here, and what else is in it is named;
// of several, or a zip, nothing comes in before one says what is to be done. All can be imported instead.
import { word } from './words.js';

/** What a flow's file may hold beside steps and lines, by the words that name it. */
const BESIDE = {
  types: ({ variables }) => variables?.some(({ type }) => type),
  inputs: ({ inputs }) => inputs?.length,
  outputs: ({ outputs }) => outputs?.length,
  settings: ({ settings, start }) => start || Object.keys(settings ?? {}).length,
  marks: ({ view }) => view?.notes?.length || view?.frames?.length,
};

export function takeFiles(canvas, queue, snap) {
  const place = document.querySelector('#toast'), sheet = document.querySelector('#import');

  canvas.addEventListener('dragover', (event) => { if (event.dataTransfer.types.includes('Files')) event.preventDefault(); });
  canvas.addEventListener('drop', (event) => {
    const files = [...event.dataTransfer.files];
    if (!files.length) return;
    event.preventDefault();
    if (canvas.readonly) return;
    const at = canvas.toWorld(event.clientX, event.clientY), steps = (file) => put(file, { x: snap(at.x), y: snap(at.y) });
    const flows = files.filter(({ name }) => !/\.zip$/i.test(name));
    if (files.length === 1 && flows.length) { steps(files[0]); return; }
    const said = word(files.length > 1 ? 'files-many' : 'files-zip').replace('{n}', files.length);
    offer(said, files, flows.length ? [word('files-steps').replace('{name}', flows[0].name), () => steps(flows[0])] : null);
  });

  /** The steps of a file go where it was dropped. */
  async function put(file, at) {
    const text = await file.text(), flow = read(text);
    const clip = flow ? JSON.stringify({ format: 'flowengine/clip', nodes: flow.nodes, edges: flow.edges ?? [], at: flow.view?.nodes ?? {}, translations: flow.translations ?? {}, language: flow.language ?? 'pt-BR' }) : text;
    const fields = { clip, ...at };
    const left = flow ? Object.keys(BESIDE).filter((name) => BESIDE[name](flow)).map((name) => word(`file-${name}`)) : [];
    if (left.length) {
      const done = ({ detail }) => {
        if (detail.edit.fields !== fields) return;
        queue.removeEventListener('applied', done);
        queue.removeEventListener('refused', done);
        if (!('added' in detail)) return;
        const said = word('file-left').replace('{name}', flow.name).replace('{parts}', left.join(', '));
        offer([said, detail.notice].filter(Boolean).join(' '), [file]);
      };
      for (const end of ['applied', 'refused']) queue.addEventListener(end, done);
    }
    queue.send('paste', fields, word('paste'));   // what is no flow is refused by the server, in a sentence
  }

  /** Says what came in or did not, with the import beside it, and perhaps one thing more. */
  function offer(said, files, more) {
    const box = document.createElement('div'), buttons = document.createElement('div');
    Object.assign(box, { className: 'toast stay', role: 'alert' });
    buttons.className = 'row wrap';
    const acts = [[word(files.length > 1 ? 'files-import' : 'file-import'), () => bring(files)], more, [word('close'), () => {}]];
    for (const [text, act] of acts.filter(Boolean)) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: text });
      button.className = buttons.childElementCount ? 'btn small ghost' : 'btn small';
      button.addEventListener('click', () => { box.remove(); act(); });
      buttons.append(button);
    }
    box.append(Object.assign(document.createElement('div'), { textContent: said }), buttons);
    place.replaceChildren(box);
  }

  /** The sheet of the import, with these files in it. */
  function bring(files) {
    const held = new DataTransfer();
    for (const file of files) held.items.add(file);
    sheet.querySelector('[type=file]').files = held.files;
    sheet.showPopover();
    sheet.querySelector('button').focus();
  }
}

/** The flow in a file; null where it holds something else. */
function read(text) {
  try {
    const found = JSON.parse(text);
    return found?.format === 'flowengine/1' && Array.isArray(found.nodes) ? found : null;
  } catch { return null; }
}
