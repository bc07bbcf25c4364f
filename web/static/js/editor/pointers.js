// Mouse, pen and fingers: which gesture begins, goes on, and ends.
import { clamp, isField } from './geometry.js';

export const Pointers = (Base) => class extends Base {
  _listen() {
    this.addEventListener('pointerdown', e => this._down(e));
    this.addEventListener('pointermove', e => this._move(e));
    for (const t of ['pointerup', 'pointercancel']) this.addEventListener(t, e => this._up(e));
    this.addEventListener('wheel', e => {
      if (e.target.closest('.fc-scroll')) return;
      e.preventDefault();
      const unit = e.deltaMode === 1 ? 16 : 1;
      if (e.ctrlKey || e.metaKey) this.zoomAt(Math.exp(-clamp(e.deltaY * unit, -60, 60) * 0.008), e.clientX, e.clientY);
      else { const sw = e.shiftKey && !e.deltaX; this.setView(this.view.x - (sw ? e.deltaY : e.deltaX) * unit, this.view.y - (sw ? 0 : e.deltaY) * unit); }
    }, { passive: false });
    this.addEventListener('dblclick', e => { const mark = e.target.closest('.fc-mark-text,.fc-note')?.closest('.fc-mark'); if (mark && !mark.classList.contains('is-written')) this.writeMark(mark); });
    this.addEventListener('dblclick', e => { const n = e.target.closest('.fc-node'); if (n) this._emit(e.target.closest('.fc-say') && !this.readonly ? 'flow:write' : 'flow:open', { id: n.dataset.node }); });
    this.addEventListener('click', e => {
      const act = e.target.closest('.fc-tools [data-act]');
      if (!act) return;
      const ed = this.edges.get(this.edgeSel);
      if (act.dataset.act === 'unlink') this.remove();
      else this._emit('flow:drop', { from: ed.from, out: ed.out, to: ed.to, x: ed.mx, y: ed.my, clientX: e.clientX, clientY: e.clientY });
    });
    this.addEventListener('keydown', e => this._key(e));
    document.addEventListener('keydown', e => this._afar(e));
    this.addEventListener('focusin', e => {
      const n = e.target.closest('.fc-node');
      if (n && e.target === n && n.matches(':focus-visible')) this.reveal(n.dataset.node);
    });
    this._listenInserting();
  }

  _down(e) {
    if (e.target.closest('.fc-tools,.fc-map')) return;
    const mark = e.target.closest('.fc-mark-text,.fc-mark-size,.fc-note');
    if (mark && e.pointerType !== 'touch' || mark?.matches('.fc-mark-text') ) { this._markDown(e, mark.closest('.fc-mark')); return; }
    this._pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (this._pointers.size === 2) return this._startPinch();
    if (e.button > 1) return;
    const port = e.target.closest('.fc-port'), nodeEl = e.target.closest('.fc-node'), edge = e.target.closest('.fc-edge');
    const base = { id: e.pointerId, sx: e.clientX, sy: e.clientY, moved: false, type: e.pointerType, x0: this.view.x, y0: this.view.y };
    if (e.button === 1 || this.spaceHeld) this._gesture = { ...base, kind: 'pan', vx: this.view.x, vy: this.view.y };
    else if (port?.hasAttribute('data-out') && !this.readonly) {
      e.preventDefault();
      this._startConnect(base, nodeEl.dataset.node, port.dataset.out);
    } else if (port?.hasAttribute('data-in') && !this.readonly && port.classList.contains('is-linked')) {
      // pick an existing edge up by its arrow head
      const last = [...this.nodes.get(nodeEl.dataset.node).edges].filter(x => x.to === nodeEl.dataset.node).pop();
      if (last) this._startConnect({ ...base, relink: last }, last.from, last.out);
    } else if (nodeEl) {
      if (isField(e.target)) return;
      const id = nodeEl.dataset.node;
      if (e.shiftKey || e.ctrlKey || e.metaKey) { const s = new Set(this.selection); s.has(id) ? s.delete(id) : s.add(id); this.select(s); }
      else if (!this.selection.has(id)) this.select([id], { silent: true });
      this._gesture = { ...base, kind: this.readonly ? 'click' : 'drag', node: id, additive: e.shiftKey || e.ctrlKey || e.metaKey };
    } else if (edge) {
      this.select([], { edge: edge.dataset.edge });
      this._gesture = { ...base, kind: 'click' };
    } else {
      const marq = e.shiftKey && e.pointerType !== 'touch';
      this._gesture = marq ? { ...base, kind: 'marquee', keep: [...this.selection] } : { ...base, kind: 'pan', vx: this.view.x, vy: this.view.y, blank: true };
    }
  }

  _move(e) {
    const p = this._pointers.get(e.pointerId);
    if (p) { p.x = e.clientX; p.y = e.clientY; }
    const g = this._gesture;
    if (!g) return;
    if (g.kind === 'pinch') return this._pinch(g);
    if (g.id !== e.pointerId) return;
    g.last = e;
    this._follow(g, e);
    if (g.kind === 'drag' || g.kind === 'connect' || g.kind === 'marquee') this._autoPan();
  }

  _follow(g, e) {
    const dx = e.clientX - g.sx, dy = e.clientY - g.sy;
    if (!g.moved && Math.hypot(dx, dy) < (g.type === 'touch' ? 8 : 4)) return;
    if (!g.moved) { g.moved = true; this.setPointerCapture(e.pointerId); this.classList.add('is-' + g.kind); if (g.kind === 'drag') this._startDrag(g); }
    if (g.kind === 'pan') this.setView(g.vx + dx, g.vy + dy);
    else if (g.kind === 'drag') this._drag(g, (dx - (this.view.x - g.x0)) / this.view.k, (dy - (this.view.y - g.y0)) / this.view.k, e.altKey, e);
    else if (g.kind === 'connect') this._dragConnect(g, e);
    else if (g.kind === 'marquee') this._dragMarquee(g, e);
  }

  /** Near the border the canvas moves by itself while something is dragged there. */
  _autoPan() {
    if (this._panning) return;
    const step = () => {
      const g = this._gesture, r = this.getBoundingClientRect();
      if (!g?.moved || !g.last) { this._panning = 0; return; }
      const pull = (at, low, high) => (at < low + 36 ? low + 36 - at : at > high - 36 ? high - 36 - at : 0) / 3;
      const px = clamp(pull(g.last.clientX, r.left, r.right), -14, 14), py = clamp(pull(g.last.clientY, r.top, r.bottom), -14, 14);
      if (!px && !py) { this._panning = 0; return; }
      this.setView(this.view.x + px, this.view.y + py);
      this._follow(g, g.last);
      this._panning = requestAnimationFrame(step);
    };
    this._panning = requestAnimationFrame(step);
  }

  _up(e) {
    this._pointers.delete(e.pointerId);
    const g = this._gesture;
    if (!g || (g.kind !== 'pinch' && g.id !== e.pointerId)) return;
    this._gesture = null;
    this.classList.remove('is-pan', 'is-drag', 'is-connect', 'is-marquee', 'is-pinch');
    if (g.kind === 'drag') {
      if (e.type === 'pointercancel') g.over = null;
      if (g.moved) this._endDrag(g);
      else if (!g.additive) { this.select([g.node]); this.nodes.get(g.node)?.el.focus({ preventScroll: true }); this._emit('flow:open', { id: g.node }); }
    } else if (g.kind === 'click' && g.node) { this.select([g.node]); this._emit('flow:open', { id: g.node }); }
    else if (g.kind === 'connect') this._endConnect(g, e);
    else if (g.kind === 'marquee') { this.marquee.style.display = 'none'; this._emit('flow:select', { ids: [...this.selection] }); }
    else if (g.kind === 'pan' && g.blank && !g.moved) this.select([]);
  }
};
