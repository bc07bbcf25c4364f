// Notes and frames on the canvas: moved, resized and written by hand. A frame takes its cards along.
import { word } from './words.js';

const LEAST = 80;

export const Marks = (Base) => class extends Base {
  /** Puts every mark where it says it stands. */
  _placeMarks() {
    for (const el of this.world.querySelectorAll(':scope>.fc-mark')) this._setMark(el, this._markOf(el));
  }
  _markOf({ dataset: d }) { return { x: +d.x, y: +d.y, w: +d.w, h: +d.h }; }
  _setMark(el, { x, y, w, h }) {
    for (const [name, value] of Object.entries({ x, y, w, h })) if (+el.dataset[name] !== value) el.dataset[name] = value;
    el.style.transform = `translate(${x}px,${y}px)`;
    el.style.width = `${w}px`;
    el.style.height = `${h}px`;
  }
  _markOp(el, text = el.querySelector('.fc-mark-text').textContent) {
    const { x, y, w, h } = this._markOf(el);
    return { op: 'mark', what: el.dataset.mark, mark: { id: el.dataset.id, at: [x, y], size: [w, h], text } };
  }

  addMark(what) {
    if (this.readonly) return;
    const room = this.getBoundingClientRect(), ids = [...this.selection].filter((id) => this.nodes.has(id)), s = this.grid;
    const size = what === 'notes' ? [240, 128] : [480, 320];
    let at = this.toWorld(room.left + this._W / 2, room.top + room.height / 2);
    at = { x: at.x - size[0] / 2, y: at.y - size[1] / 2 };
    if (what === 'frames' && ids.length) {
      const b = this.bounds(ids);
      at = { x: b.x - 24, y: b.y - 48 };
      size.splice(0, 2, b.w + 48, b.h + 72);
    }
    if (what === 'notes') at.y = this._freeY(at.x, at.y, ...size);
    const id = `${what[0]}${Date.now().toString(36)}`;
    const snap = (v) => Math.round(v / s) * s;
    this._ops([{ op: 'mark', what, mark: { id, at: [snap(at.x), snap(at.y)], size: size.map(snap), text: word(what === 'notes' ? 'note-text' : 'frame-text') } }], word(what));
    this._fresh = id;
  }
  /** The height nearest to `y` where a note covers no card. */
  _freeY(x, y, w, h) {
    const hit = (v) => [...this.nodes.values()].some((n) => n.x < x + w && n.x + n.w > x && n.y < v + h && n.y + n.h > v);
    for (let step = 0; step < 40; step += 1) for (const v of [y - step * 32, y + step * 32]) if (!hit(v)) return v;
    return y;
  }
  /** A mark that was just made is ready to be written. */
  _writeFresh() {
    const el = this._fresh && document.getElementById(`mark-${this._fresh}`);
    if (el) { this._fresh = ''; this.writeMark(el, true); }
  }

  _markDown(e, el) {
    if (this.readonly || e.button || el.classList.contains('is-written')) return;
    e.stopPropagation();
    this.select([]);
    el.focus({ preventScroll: true });
    const from = this._markOf(el), sizing = !!e.target.closest('.fc-mark-size'), k = this.view.k, s = this.grid;
    const riders = el.dataset.mark === 'frames' && !sizing ? [...this.nodes.values()].filter((n) => n.x >= from.x && n.y >= from.y && n.x + n.w <= from.x + from.w && n.y + n.h <= from.y + from.h).map((n) => ({ n, x: n.x, y: n.y })) : [];
    let moved = false;
    const move = (ev) => {
      const dx = Math.round((ev.clientX - e.clientX) / k / s) * s, dy = Math.round((ev.clientY - e.clientY) / k / s) * s;
      if (!moved && Math.hypot(ev.clientX - e.clientX, ev.clientY - e.clientY) < 4) return;
      moved = true;
      this._setMark(el, sizing ? { ...from, w: Math.max(LEAST, from.w + dx), h: Math.max(LEAST / 2, from.h + dy) } : { ...from, x: from.x + dx, y: from.y + dy });
      for (const r of riders) this._place(r.n, r.x + dx, r.y + dy);
    };
    const up = (ev) => {
      el.removeEventListener('pointermove', move);
      for (const t of ['pointerup', 'pointercancel']) el.removeEventListener(t, up);
      if (!moved) return;
      if (ev.type === 'pointercancel') { this._setMark(el, from); for (const r of riders) this._place(r.n, r.x, r.y); return; }
      this._ops([this._markOp(el), ...riders.map(({ n }) => this._moved(n, n.x, n.y))], word('move'));
    };
    el.setPointerCapture(e.pointerId);
    el.addEventListener('pointermove', move);
    for (const t of ['pointerup', 'pointercancel']) el.addEventListener(t, up);
  }

  writeMark(el, all = false) {
    if (this.readonly) return;
    const box = el.querySelector('.fc-mark-text'), before = box.textContent;
    el.classList.add('is-written');
    box.contentEditable = 'plaintext-only';
    box.setAttribute('role', 'textbox');
    box.focus();
    getSelection().selectAllChildren(box);
    if (!all) getSelection().collapseToEnd();
    const end = (keep) => {
      box.removeEventListener('focusout', away);
      this.removeEventListener('flow:leaving', away);
      box.removeEventListener('keydown', key);
      box.contentEditable = 'false';
      box.removeAttribute('role');
      el.classList.remove('is-written');
      const kept = keep && box.textContent !== before;
      if (kept) this._ops([this._markOp(el)], word('edit'));
      else box.textContent = before;
      box.dispatchEvent(new CustomEvent('flow:written', { bubbles: true, detail: { kept } }));
    };
    const away = () => end(true), key = (ev) => {
      ev.stopPropagation();
      if (ev.key === 'Escape' || (ev.key === 'Enter' && (ev.ctrlKey || ev.metaKey))) { ev.preventDefault(); end(ev.key === 'Enter'); el.focus(); }
    };
    box.addEventListener('focusout', away);
    this.addEventListener('flow:leaving', away);
    box.addEventListener('keydown', key);
  }

  _markKey(e, el) {
    const dir = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (e.key === 'Enter' || e.key === 'F2') this.writeMark(el);
    else if ((e.key === 'Delete' || e.key === 'Backspace') && !this.readonly) this._ops([{ op: 'unmark', what: el.dataset.mark, id: el.dataset.id }], word('remove'));
    else if (dir && !this.readonly) {
      const at = this._markOf(el), s = this.grid * (e.shiftKey ? 5 : 1);
      this._setMark(el, { ...at, x: at.x + dir[0] * s, y: at.y + dir[1] * s });
      this._ops([this._markOp(el)], word('move'));
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }
};
