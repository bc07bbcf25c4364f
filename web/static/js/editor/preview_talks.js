// The talks of the flow: run on the draft as it is, opened in the chat, and what none of them reaches.
import { ask } from './asking.js';
import { current, open, post, tab } from './preview.js';

const panel = document.querySelector('#preview'), canvas = document.querySelector('#canvas');
const $ = (selector) => panel.querySelector(selector);
const base = `/flows/${panel.dataset.key}/edit/talks`;
let suite = null, turn = Promise.resolve(), wanted = 0;

/** One at a time and in order: each answer is all of the list, and the last one is shown last. */
const inTurn = (asked) => { turn = turn.catch(() => null).then(asked).then(show); return turn; };

function show([ok, said]) {
  const place = $('#pv-tests-problem');
  const words = ok ? said.notice : [said.detail, said.mend].filter(Boolean).join(' ');
  place.hidden = !words;
  place.textContent = words;
  if (!ok) return false;
  suite = said;
  $('#pv-list').innerHTML = said.html;
  const failed = $('#pv-failed');
  failed.hidden = !said.failed;
  failed.textContent = said.failed;
  mark();
  return true;
}

const run = () => inTurn(() => ask(base));
const change = (path, fields = {}) => inTurn(() => post(`${base}${path}`, fields));

/** What no talk reaches stands out on the canvas. */
function mark() {
  const on = $('#pv-uncovered').checked && !panel.hidden && suite;
  const nodes = new Set(on ? suite.nodes : []), lines = new Set(on ? suite.lines : []);
  for (const n of canvas.nodes.values()) n.el.classList.toggle('is-uncovered', nodes.has(n.id));
  for (const e of canvas.edges.values()) e.el.classList.toggle('is-uncovered', lines.has(e.id));
  canvas.classList.toggle('is-covering', !!on);
  canvas.redraw();
}

async function explore(button) {
  const list = $('#pv-list');
  button.disabled = true;
  list.textContent = list.dataset.busy;
  if (!await change('/explore')) await run();
  button.disabled = false;
}

/** A test's chat; of two that were asked for the later one is opened. */
async function chat(talk) {
  const mine = ++wanted, [done, said] = await ask(`${base}/${talk}/script`);
  if (mine !== wanted) return;
  if (done) open(said); else show([done, said]);
}

panel.addEventListener('click', async (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.pv === 'tests') { tab('tests'); await run(); }
  if (button.dataset.pv === 'chat') tab('chat');
  if (button.dataset.tests === 'run') await run();
  if (button.dataset.tests === 'explore') await explore(button);
  if (button.dataset.talkRemove) await change(`/${button.dataset.talkRemove}/remove`);
  if (button.dataset.talk) await chat(button.dataset.talk);
});
panel.addEventListener('submit', async (event) => {
  if (event.target.id !== 'pv-keep-form') return;
  const name = new FormData(event.target).get('name');
  event.target.closest('details').open = false;
  tab('tests');
  if (!await change('', { name, script: JSON.stringify(current()) })) return;
  event.target.reset();
});
$('#pv-uncovered').addEventListener('change', mark);
$('#pv-import')?.addEventListener('change', async ({ target }) => {
  for (const file of target.files) await change('/import', { file });
  target.value = '';
});
let later = 0;
canvas.addEventListener('flow:applied', () => {
  if (panel.hidden || $('#pv-tests').hidden) return;
  clearTimeout(later);
  later = setTimeout(run, 350);
});
