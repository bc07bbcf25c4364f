// Edits on their way to the server: one at a time and in order, none lost and none done twice. Every
// answer says what changed on the canvas and which operations undo it.
//
// Where no answer comes, nobody knows here whether the edit was done: it is sent again as it was, and
// the server knows it by its tab and number. So what was sent once takes nothing more in.

import { acted } from './acted.js';
import { marked, seenOf, turn } from './seen.js';
import { patience, within } from './patience.js';
import { foreign } from './person.js';
import { moved, old, renew, token } from './token.js';
import { word } from './words.js';

/** It was not done as far as one knows: what was sent stays first, and goes again. Says why. */
class Away extends Error {}
const REST = 2000;

export class Queue extends EventTarget {
  waiting = [];
  undo = [];
  redo = [];
  busy = false;
  leaving = false;                        // the page may go: what is sent outlives it
  behind = false;                         // others went on: more is other than our answers said
  tab = drawLots();                       // in memory only: a page loaded anew begins anew
  unsaved = '';                           // where the page still shows what was refused: form or canvas
  number = 0;
  backs = Promise.resolve();

  constructor(canvas, base) {
    super();
    this.canvas = canvas;
    this.base = base;
    this.rev = canvas.dataset.rev;
    addEventListener('online', () => this.pump());
    for (const back of ['workspace:back', 'person:back']) document.addEventListener(back, () => this.pump());
    addEventListener('beforeunload', (event) => { if (this.waiting.length || this.busy) event.preventDefault(); });
  }

  /** `fields`: what the form sends; a list gives a field several times. `kind`: do, undo or redo.
      `seen`: what it is made of, as the page shows it at this moment and not when its turn comes. */
  send(path, fields, label, { kind = 'do', quiet, seen = seenOf(this.canvas, { path, fields }, document.querySelector('#inspector form')) } = {}) {
    if (this.canvas.readonly) return;
    const end = this.waiting.at(-1), last = end?.body ? null : end;
    if (kind === 'do' && path === 'ops' && last?.path === 'ops' && last.kind === 'do' && only(last, 'move') && only({ fields }, 'move')) {
      last.fields.ops = JSON.stringify([...JSON.parse(last.fields.ops), ...JSON.parse(fields.ops)]);
      last.seen = { ...seen, ...last.seen };
    } else if (last?.path === path && quiet && last.quiet && last.fields.language?.[0] === fields.language?.[0]) {
      last.fields = fields;
      last.seen = { ...seen, ...last.seen };
    } else {
      this.waiting.push({ path, fields, label, kind, quiet, seen, acted: acted() });
    }
    this.state('saving');
    this.pump();
  }

  /** Whether something that changes this place is on its way. */
  going(path) { return this.waiting.some((edit) => edit.path === path); }

  /** Once nothing is. */
  async gone(path) {
    while (this.going(path)) await new Promise((done) => this.addEventListener('answered', done, { once: true }));
  }

  /** Once nothing waits at all. */
  async quiet() {
    while (this.waiting.length && !this.stale) await new Promise((done) => this.addEventListener('answered', done, { once: true }));
  }

  ops(ops, label) { this.send('ops', { ops: JSON.stringify(ops) }, label); }

  /** The last that somebody did is taken back, so what is on its way is waited for; one after the other. */
  back(from, kind) {
    if (this.canvas.readonly) return;
    this.backs = this.backs.then(async () => {
      await this.quiet();
      const step = from.pop();
      if (step) this.send('ops', { ops: step.ops }, step.label, { kind, seen: step.seen });
    });
  }

  async pump() {
    if (this.busy || this.stale || !this.waiting.length) return;
    this.busy = true;
    const edit = this.waiting[0];
    try {
      await this.post(edit);
    } catch (error) {
      this.busy = false;
      if (!(error instanceof Away)) { this.broken(edit, error); return; }
      this.state(error.message);
      setTimeout(() => this.pump(), REST);
      return;
    }
    this.busy = false;
    if (this.waiting.length) { this.pump(); return; }
    if (this.stale) return;
    this.state(this.unsaved ? 'unsaved' : 'saved');
    if (this.behind) this.dispatchEvent(new CustomEvent('behind'));
  }

  /** What is sent of an edit, from the first time on. */
  said(edit) {
    const body = new FormData();
    const fields = { ...edit.fields, seen: JSON.stringify(edit.seen), rev: this.rev, what: edit.label, tab: this.tab, number: ++this.number };
    for (const [name, value] of Object.entries(fields)) for (const each of [value].flat()) body.append(name, each);
    return body;
  }

  post(edit) {
    const body = edit.body ??= this.said(edit);
    edit.tries = (edit.tries ?? -1) + 1;
    return within(patience(edit.tries, long(body)), (signal) => this.told(edit, body, signal));
  }

  async told(edit, body, signal) {
    const used = token();
    const answer = await fetch(`${this.base}/${edit.path}`, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRF-Token': used }, keepalive: this.leaving && long(body) < 15_000, signal }).catch(() => { throw new Away('waiting'); });
    const ours = answer.headers.get('content-type')?.includes('json') && (answer.status < 502 || answer.status > 504);
    if (!ours) throw new Away('waiting'); // somebody on the way answered, not the editor
    if (moved(answer)) throw new Away('moved');
    if (answer.status === 401) throw new Away('signin');
    if (answer.status === 403 && (await renew(used) || old(answer))) throw new Away(foreign() ? 'person' : 'signin');
    if (answer.status === 403 && foreign()) throw new Away('person');
    if (answer.status === 429) throw new Away('waiting');
    if (answer.status === 500 && !edit.failed) {
      edit.failed = true;                 // it is numbered: where it was done, it is not done again
      throw new Away('waiting');
    }
    const said = await answer.json().catch(() => null);
    if (signal.aborted && !said) throw new Away('waiting');
    if (!said && !(answer.ok && edit.broke)) {
      edit.broke = answer.ok;             // it broke off: once more it may be whole
      throw new Away('waiting');
    }
    this.waiting.shift();
    if (!said) this.behind = true;        // it never is: what was done is on the board as it is now
    else if (answer.ok) this.applied(edit, said);
    else this.refused(edit, answer.status, said);
    this.dispatchEvent(new CustomEvent('answered'));
  }

  applied(edit, said) {
    this.rev = String(said.rev);
    this.behind ||= said.behind;
    if (edit.quiet) this.unsaved = '';
    // What waits was made of what was shown before: where this edit found a thing so, it is its own doing.
    for (const each of this.waiting) if (each.kind === 'do' && !each.body) for (const one of said.turns ?? []) turn(each.seen, one);
    this.dispatchEvent(new CustomEvent('applied', { detail: { edit, ...said } }));
    const step = { ops: said.inverse, label: said.label };
    if (said.inverse !== '[]') {
      // Undoing is right only while all stands as this edit left it.
      step.seen = { ...seenOf(this.canvas, { path: 'ops', fields: { ops: said.inverse } }), ...marked(said.signs) };
      if (edit.kind === 'undo') this.redo.push(step);
      else { this.undo.push(step); if (edit.kind === 'do') this.redo.length = 0; }
      if (this.undo.length > 100) this.undo.shift();
    }
    this.dispatchEvent(new CustomEvent('steps'));
  }

  /** A fault of this page: one edit less, which is said, and the others go on. */
  broken(edit, error) {
    if (this.waiting[0] === edit) this.waiting.shift();
    this.behind = true;
    reportError(error);
    this.dispatchEvent(new CustomEvent('refused', { detail: { edit, status: 0, detail: word('broken').replace('…', edit.label) } }));
    this.dispatchEvent(new CustomEvent('answered'));
    this.pump();
  }

  refused(edit, status, said) {
    this.unsaved = edit.quiet && status !== 409 ? 'form' : 'canvas';
    // The canvas shows what was to be done; a form's own words are nowhere but in it, and stay.
    if (!edit.quiet || status === 409) this.behind = true;
    if (status === 409 && !said.place) { this.stale = true; this.waiting.length = 0; this.state('stale'); }
    this.dispatchEvent(new CustomEvent('refused', { detail: { edit, status, ...said } }));
  }

  /** The canvas shows the draft again. */
  isRead() {
    this.behind = false;
    if (this.unsaved === 'canvas') this.unsaved = '';
    this.state(this.unsaved ? 'unsaved' : 'saved');
  }

  state(name) {
    const line = document.querySelector('#saved');
    line.textContent = line.dataset[name];
    line.dataset.state = name;
  }
}

/** In letters; browsers let no more than 64 KiB outlive their page. */
const long = (body) => [...body.values()].reduce((sum, value) => sum + value.length, 0);

const only = ({ fields }, op) => JSON.parse(fields.ops).every((each) => each.op === op);

/** A name that no other open editor has; randomUUID is not there on plain http. */
const drawLots = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
