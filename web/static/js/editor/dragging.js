// Gestures that move: cards with guides, the box that selects, two fingers that zoom.
import { clamp } from './geometry.js';
import { word } from './words.js';

export const Dragging = (Base) => class extends Base {
  _startDrag(g) {
    if (!this.selection.has(g.node)) this.select([g.node], { silent: true });
    g.items = [...this.selection].map(id => this.nodes.get(id)).filter(Boolean).map(n => ({ n, x: n.x, y: n.y }));
    for (const { n } of g.items) { n.dragging = true; n.el.classList.add('is-dragging'); }
    g.lead = g.items.find(i => i.n.id === g.node);
    g.loose = g.items.length === 1 && this._isLoose(g.lead.n);
    const r = { x: -this.view.x / this.view.k, y: -this.view.y / this.view.k, w: this._room.w / this.view.k, h: this._room.h / this.view.k };
    g.others = [...this.nodes.values()].filter(n => !n.dragging && n.x < r.x + r.w && n.x + n.w > r.x && n.y < r.y + r.h && n.y + n.h > r.y);
  }
  _drag(g, dx, dy, free, e) {
    const { n, x, y } = g.lead, s = this.grid, tol = 6 / this.view.k;
    let nx = x + dx, ny = y + dy, gx = null, gy = null;
    if (!free) {
      for (const o of g.others) {                     // alignment guides beat the grid
        for (const [a, b] of [[0, o.x], [n.w / 2, o.x + o.w / 2], [n.w, o.x + o.w]]) if (gx === null && Math.abs(nx + a - b) < tol) { nx = b - a; gx = b; }
        const pa = n.ins?.dy ?? n.h / 2, pb = o.ins?.dy ?? o.h / 2;
        for (const [a, b] of [[0, o.y], [pa, o.y + pb]]) if (gy === null && Math.abs(ny + a - b) < tol) { ny = b - a; gy = b; }
      }
      if (gx === null) nx = Math.round(nx / s) * s;
      if (gy === null) ny = Math.round(ny / s) * s;
    }
    this.guideX.style.cssText = gx === null ? 'display:none' : `display:block;transform:translate(${gx}px,${ny - 2000}px)`;
    this.guideY.style.cssText = gy === null ? 'display:none' : `display:block;transform:translate(${nx - 3000}px,${gy}px)`;
    const ex = nx - x, ey = ny - y;
    for (const i of g.items) this._place(i.n, i.x + ex, i.y + ey);
    if (g.loose) this._aim(g.over = this._lineUnder(n, e));
  }
  _endDrag(g) {
    this.guideX.style.display = this.guideY.style.display = 'none';
    this._aim(null);
    const ops = [];
    for (const { n } of g.items) { n.dragging = false; n.el.classList.remove('is-dragging'); }
    if (g.over && this.edges.has(g.over.id)) { this._ops(this._into(g.over, g.lead.n), word('insert')); this._emit('flow:select', { ids: [...this.selection] }); return; }
    for (const { n, x, y } of g.items) {
      if (n.x !== x || n.y !== y) ops.push(this._moved(n, n.x, n.y));
    }
    this._ops(ops, word('move'));
    this._emit('flow:select', { ids: [...this.selection] });
  }

  _dragMarquee(g, e) {
    const r = this.getBoundingClientRect();
    const x = Math.min(g.sx, e.clientX), y = Math.min(g.sy, e.clientY), w = Math.abs(e.clientX - g.sx), h = Math.abs(e.clientY - g.sy);
    this.marquee.style.cssText = `display:block;left:${x - r.left}px;top:${y - r.top}px;width:${w}px;height:${h}px`;
    const a = this.toWorld(x, y), b = this.toWorld(x + w, y + h), hit = new Set(g.keep);
    for (const n of this.nodes.values()) if (n.x < b.x && n.x + n.w > a.x && n.y < b.y && n.y + n.h > a.y) hit.add(n.id);
    this.select(hit, { silent: true });
  }

  _startPinch() {
    const [a, b] = [...this._pointers.values()];
    if (this._gesture?.kind === 'drag' && this._gesture.moved) { this._gesture.over = null; this._endDrag(this._gesture); }
    this._gesture = { kind: 'pinch', moved: true, d: Math.hypot(a.x - b.x, a.y - b.y), k: this.view.k, w: this.toWorld((a.x + b.x) / 2, (a.y + b.y) / 2) };
    this.classList.add('is-pinch');
  }
  _pinch(g) {
    const [a, b] = [...this._pointers.values()]; if (!b) return;
    const r = this.getBoundingClientRect(), k = clamp(g.k * Math.hypot(a.x - b.x, a.y - b.y) / g.d, 0.08, 2);
    this.setView((a.x + b.x) / 2 - r.left - g.w.x * k, (a.y + b.y) / 2 - r.top - g.w.y * k, k);
  }


};
