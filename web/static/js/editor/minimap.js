// The whole flow in a corner, drawn on a <canvas>; a click there moves the view.
import { div } from './geometry.js';

export const Minimap = (Base) => class extends Base {

  attachMinimap(cv) {
    this.map = cv; cv.classList.add('fc-map');
    const jump = e => {
      if (!this.mapT) return;
      const r = cv.getBoundingClientRect(), { k, ox, oy } = this.mapT;
      const wx = (e.clientX - r.left - ox) / k, wy = (e.clientY - r.top - oy) / k;
      this.setView(this.clientWidth / 2 - wx * this.view.k, this.clientHeight / 2 - wy * this.view.k);
    };
    cv.addEventListener('pointerdown', e => { cv.setPointerCapture(e.pointerId); jump(e); });
    cv.addEventListener('pointermove', e => { if (e.buttons) jump(e); });
    this._drawMinimap();
  }
  /** Custom properties come back unresolved (light-dark(), color-mix()); a probe resolves them, once per theme. */
  _colours() {
    const probe = this.probe ??= div('fc-live', this), scheme = getComputedStyle(this).colorScheme + matchMedia('(prefers-color-scheme:dark)').matches;
    if (this.scheme !== scheme) { this.scheme = scheme; this.palette = {}; }
    return name => this.palette[name] ??= (probe.style.color = `var(${name})`, getComputedStyle(probe).color);
  }
  _mapRaf = 0;
  _drawMinimap() { if (this.map) this._mapRaf ||= requestAnimationFrame(() => { this._mapRaf = 0; this._paintMinimap(); }); }
  _paintMinimap() {
    const cv = this.map, { w: W, h: H } = this._mapSize ??= { w: cv.clientWidth, h: cv.clientHeight }, dpr = devicePixelRatio || 1;
    if (!W) { this._mapSize = null; return; }
    if (cv.width !== W * dpr) { cv.width = W * dpr; cv.height = H * dpr; }
    const c = cv.getContext('2d'), v = this.view, b = this._mapped();
    const vp = { x: -v.x / v.k, y: -v.y / v.k, w: this._room.w / v.k, h: this._room.h / v.k };
    const x0 = Math.min(b.x, vp.x), y0 = Math.min(b.y, vp.y), x1 = Math.max(b.x + b.w, vp.x + vp.w), y1 = Math.max(b.y + b.h, vp.y + vp.h);
    const k = Math.min((W - 12) / (x1 - x0), (H - 12) / (y1 - y0)), ox = (W - (x1 - x0) * k) / 2 - x0 * k, oy = (H - (y1 - y0) * k) / 2 - y0 * k;
    this.mapT = { k, ox, oy };
    const colour = this._colours();
    c.setTransform(dpr, 0, 0, dpr, 0, 0); c.clearRect(0, 0, W, H);
    for (const [tone, alpha, cards] of this._tones()) {
      c.fillStyle = colour('--tone-' + tone); c.globalAlpha = alpha; c.beginPath();
      for (const n of cards) c.rect(n.x * k + ox, n.y * k + oy, Math.max(3, n.w * k), Math.max(2, n.h * k));
      c.fill();
    }
    c.globalAlpha = 1; c.lineWidth = 1.5; c.strokeStyle = colour('--accent'); c.fillStyle = colour('--accent-wash');
    c.beginPath(); c.roundRect(vp.x * k + ox, vp.y * k + oy, vp.w * k, vp.h * k, 3); c.fill(); c.stroke();
  }
  /** What all cards cover, worked out again where one changed. */
  _mapped() {
    if (!this.mapped) { this._covered = this.bounds(); this.mapped = true; }
    return this._covered;
  }
  /** Cards by colour, the selected ones stronger: one path each, however many there are. */
  _tones() {
    const found = new Map();
    for (const n of this.nodes.values()) {
      const alpha = this.selection.has(n.id) ? 1 : 0.62, key = n.tone + alpha;
      if (!found.has(key)) found.set(key, [n.tone, alpha, []]);
      found.get(key)[2].push(n);
    }
    return found.values();
  }

};
