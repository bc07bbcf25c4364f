// The keyboard on the canvas.
import { isField } from './geometry.js';

export const Keys = (Base) => class extends Base {
  _key(e) {
    if (isField(e.target)) return;
    const mark = e.target.closest?.('.fc-mark');
    if (mark) { this._markKey(e, mark); return; }
    const mod = e.ctrlKey || e.metaKey, k = e.key, nodeEl = e.target.closest?.('.fc-node');
    const stop = () => { e.preventDefault(); e.stopPropagation(); };
    if (k === 'Escape') { stop(); this._cancel() || (this._disarm(), this.select([])); return; }
    if (k === 'Enter' || k === ' ') {
      const port = e.target.closest?.('.fc-port[data-out]');
      if (port) { stop(); this._armKeyboardConnect(nodeEl.dataset.node, port.dataset.out); return; }
      if (nodeEl && e.target === nodeEl) {
        stop();
        if (this.armed) { const { from, out } = this.armed; this._disarm(); this.connect(from, out, nodeEl.dataset.node); return; }
        this.select([nodeEl.dataset.node]);
        if (k === 'Enter' && !this.readonly) this._emit('flow:palette', { after: nodeEl.dataset.node });
        else this._emit('flow:open', { id: nodeEl.dataset.node, focus: true });
      }
      return;
    }
    if (mod && k.toLowerCase() === 'a') { stop(); this.select(this.nodes.keys()); return; }
    if (mod && k.toLowerCase() === 'd') { stop(); this.duplicate(); return; }
    if (mod && k.toLowerCase() === 'c') { if (this.selection.size) { stop(); this._emit('flow:copy', { ids: [...this.selection] }); } return; }
    if (mod && k.toLowerCase() === 'x') { if (this.selection.size) { stop(); this._emit('flow:copy', { ids: [...this.selection], cut: true }); } return; }
    if (mod && k.toLowerCase() === 'v') { stop(); this._emit('flow:paste', {}); return; }
    if (k === '/') {
      stop();
      const exit = e.target.closest?.('.fc-port[data-out]')?.dataset.out ?? (this.armed?.from === nodeEl?.dataset.node ? this.armed?.out : undefined);
      this._disarm();
      this._emit('flow:palette', { after: nodeEl?.dataset.node, exit });
      return;
    }
    if (k === 'Delete' || k === 'Backspace') { stop(); this.remove(); return; }
    if (k === 'F2' && nodeEl) { stop(); this._emit('flow:write', { id: nodeEl.dataset.node }); return; }
    const dir = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[k];
    if (dir && e.altKey) { stop(); this._walk(nodeEl?.dataset.node, k); return; }
    if (dir && this.selection.size && !this.readonly) { stop(); const s = this.grid * (e.shiftKey ? 5 : 1); this.moveBy(this.selection, dir[0] * s, dir[1] * s); return; }
    if (mod) return;
    if (k === '+' || k === '=') { stop(); this.zoomAt(1.2); } else if (k === '-') { stop(); this.zoomAt(1 / 1.2); }
    else if (k === '0') { stop(); this.zoomAt(1 / this.view.k); } else if (k === '1') { stop(); this._glide(() => this.fit()); }
  }
  /** Escape while dragging puts everything back. */
  _cancel() {
    const g = this._gesture;
    if (!g?.moved) return false;
    if (g.kind === 'drag') { for (const i of g.items) this._place(i.n, i.x, i.y); this._endDrag(g); }
    if (g.kind === 'connect') this._endConnect(g, { type: 'pointercancel' });
    this.marquee.style.display = 'none';
    this._gesture = null;
    this.classList.remove('is-pan', 'is-drag', 'is-connect', 'is-marquee', 'is-pinch');
    return true;
  }
  /** Alt+arrows follow the connections: right to the next step, left to the one before, up/down among siblings. */
  _walk(id, key) {
    const n = this.nodes.get(id); if (!n) return;
    const nextOf = (m, side) => [...m.edges].filter(e => e[side === 'to' ? 'from' : 'to'] === m.id).map(e => this.nodes.get(e[side])).filter(Boolean).sort((a, b) => a.y - b.y);
    let t;
    if (key === 'ArrowRight') t = nextOf(n, 'to')[0];
    else if (key === 'ArrowLeft') t = nextOf(n, 'from')[0];
    else { const p = nextOf(n, 'from')[0], sib = p ? nextOf(p, 'to') : []; t = sib[sib.indexOf(n) + (key === 'ArrowDown' ? 1 : -1)]; }
    if (t) { t.el.focus({ preventScroll: true }); this.select([t.id]); this.reveal(t.id); }
  }
};
