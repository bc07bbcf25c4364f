// Where one looks: moving, zooming, bringing things into view.
import { clamp } from './geometry.js';

export const Viewport = (Base) => class extends Base {
  toWorld(cx, cy) {
    const r = this.getBoundingClientRect();
    return { x: (cx - r.left - this.view.x) / this.view.k, y: (cy - r.top - this.view.y) / this.view.k };
  }
  _applyView() {
    const { x, y, k } = this.view;
    this.world.style.transform = `translate(${x}px,${y}px) scale(${k})`;
    const g = 24 * k * (k < 0.45 ? 4 : 1);
    this.style.backgroundSize = `${g}px ${g}px`;
    this.style.backgroundPosition = `${x}px ${y}px`;
    if (this._big) this._cull();          // at once: the browser may lay out before the next frame, and what is off screen with it
    this.classList.toggle('is-far', k < 0.34);
    this.classList.toggle('is-plain', k < 0.34 && this._big);
    this._drawMinimap();
    this._emit('flow:view', this.view);
  }
  setView(x, y, k = this.view.k) { this.view = { x, y, k: clamp(k, 0.08, 2) }; this._applyView(); }
  zoomAt(factor, cx, cy) {
    const r = this.getBoundingClientRect();
    cx ??= r.left + r.width / 2; cy ??= r.top + r.height / 2;
    const w = this.toWorld(cx, cy), k = clamp(this.view.k * factor, 0.08, 2);
    this.setView(cx - r.left - w.x * k, cy - r.top - w.y * k, k);
  }
  bounds(ids = this.nodes.keys()) {
    ids = [...ids];
    this._measure(ids.map((id) => this.nodes.get(id)).filter(Boolean));
    let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    for (const id of ids) {
      const n = this.nodes.get(id); if (!n) continue;
      x0 = Math.min(x0, n.x); y0 = Math.min(y0, n.y); x1 = Math.max(x1, n.x + n.w); y1 = Math.max(y1, n.y + n.h);
    }
    return x0 === Infinity ? { x: 0, y: 0, w: 0, h: 0 } : { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
  }
  /** Show everything; if that would be too small to read, show the start of the flow at `min` instead. */
  fit({ pad = 56, max = 1, min = 0, ids } = {}) {
    const b = this.bounds(ids), W = this._W, H = this._room.h;
    if (!b.w) return;
    const k = clamp(Math.min((W - pad * 2) / b.w, (H - pad * 2) / b.h), 0.08, max);
    if (k < min) return this.setView(pad - b.x * min, this._fromStart(b, H, pad, min), min);
    this.setView((W - b.w * k) / 2 - b.x * k, (H - b.h * k) / 2 - b.y * k, k);
  }
  /** Where what is higher than the canvas stands: its first card is seen, which is where one reads on. */
  _fromStart(b, H, pad, k) {
    const top = pad - b.y * k, foot = H - pad - (b.y + b.h) * k;
    if (foot >= top) return (H - b.h * k) / 2 - b.y * k;
    const first = [...this.nodes.values()].reduce((one, n) => (n.x < one.x || (n.x === one.x && n.y < one.y) ? n : one));
    return clamp(H / 2 - first.y * k, foot, top);
  }
  reveal(id) {
    const n = this.nodes.get(id); if (!n) return;
    if (n.off) n.el.hidden = n.off = false;
    this._measure([n]);
    const { k } = this.view, W = this._W, H = this._room.h;
    const sx = n.x * k + this.view.x, sy = n.y * k + this.view.y;
    if (sx < 40 || sy < 40 || sx + n.w * k > W - 40 || sy + n.h * k > H - 40)
      this._glide(() => this.setView(W / 2 - (n.x + n.w / 2) * k, H / 2 - (n.y + n.h / 2) * k));
  }
  /** The smallest step that brings a card out from under what floats over the canvas. */
  uncover(id) {
    const n = this.nodes.get(id); if (!n || n.off) return;
    this._measure([n]);
    const { x, y, k } = this.view, left = n.x * k + x, top = n.y * k + y, right = left + n.w * k, bottom = top + n.h * k;
    const shift = (low, high, size) => (high > size - 12 && high - low < size - 24 ? size - 12 - high : low < 12 ? 12 - low : 0);
    const dx = shift(left, right, this._W), dy = shift(top, bottom, this._H);
    if (dx || dy) this._glide(() => this.setView(x + dx, y + dy));
  }
  _glide(fn) { this.classList.add('is-gliding'); fn(); setTimeout(() => this.classList.remove('is-gliding'), 320); }
};
