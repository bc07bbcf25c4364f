// The keyboard on the canvas.
import { isField } from './geometry.js';

/** Keys that mean the canvas also where a button of a panel has the focus, with Ctrl or Cmd. */
const ANYWHERE = 'acdvx';

export const Keys = (Base) => class extends Base {
  /** A key pressed elsewhere on the page: where nobody writes and nothing is open it means the canvas. */
  _afar(e) {
    if (e.defaultPrevented || this.contains(e.target) || isField(e.target) || e.key === '/' || e.key === 'Tab') return;
    if (e.target.closest('details.menu[open],dialog') || document.querySelector('[popover]:popover-open')) return;
    if (!this.checkVisibility({ visibilityProperty: true })) return;
    const bare = e.target === document.body, mod = e.ctrlKey || e.metaKey;
    if (!bare && (e.key === 'Enter' || e.key === ' ')) return;        // the button's own
    if (e.target.closest('aside') && !(mod && ANYWHERE.includes(e.key.toLowerCase()))) return;
    this._key(e);
  }
  /** Before a key acts on what is chosen: a card with the focus ring alone is what one means. */
  _mean(card) {
    const id = card?.dataset.node;
    if (id && !this.selection.has(id) && card.matches(':focus-visible')) this.select([id]);
  }
  _key(e) {
    if (isField(e.target)) return;
    const mark = e.target.closest?.('.fc-mark');
    if (mark) { this._markKey(e, mark); return; }
    const bare = e.target === this || e.target === document.body, [lone] = this.selection.size === 1 ? this.selection : [];
    const own = e.target.closest?.('.fc-node'), nodeEl = own ?? (bare ? this.nodes.get(lone)?.el : null);
    const mod = e.ctrlKey || e.metaKey, k = e.key;
    const stop = () => { e.preventDefault(); e.stopPropagation(); };
    if (k === 'Escape') { stop(); this._cancel() || (this._disarm(), this.select([])); return; }
    if (k === 'Enter' || k === ' ') {
      const port = e.target.closest?.('.fc-port[data-out]');
      if (port) { stop(); this._armKeyboardConnect(nodeEl.dataset.node, port.dataset.out); return; }
      if (nodeEl && (bare || e.target === nodeEl)) {
        stop();
        if (this.armed) { const { from, out } = this.armed; this._disarm(); this.connect(from, out, nodeEl.dataset.node); return; }
        this.select([nodeEl.dataset.node]);
        if (k === 'Enter' && !this.readonly) this._emit('flow:palette', { after: nodeEl.dataset.node });
        else this._emit('flow:open', { id: nodeEl.dataset.node, focus: true });
      }
      return;
    }
    if (mod && k.toLowerCase() === 'a') { stop(); this.select(this.nodes.keys()); return; }
    if (e.target === own) this._mean(own);
    if (mod && k.toLowerCase() === 'd') { stop(); this.duplicate(); return; }
    if (mod && k.toLowerCase() === 'c') { if (this.selection.size && getSelection().isCollapsed) { stop(); this._emit('flow:copy', { ids: [...this.selection] }); } return; }
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
    if (g.kind === 'drag') { g.over = null; for (const i of g.items) this._place(i.n, i.x, i.y); this._endDrag(g); }
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
