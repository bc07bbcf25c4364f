// What is selected, what a running chat lights up, and what is said to screen readers.
import { div } from './geometry.js';
import { word } from './words.js';

export const Selecting = (Base) => class extends Base {
  select(ids, { edge = null, silent } = {}) {
    const next = new Set(ids);
    for (const id of this.selection) if (!next.has(id)) this.nodes.get(id)?.el.classList.remove('is-selected');
    for (const id of next) this.nodes.get(id)?.el.classList.add('is-selected');
    this.selection = next;
    if (this.edgeSel && this.edges.get(this.edgeSel)) this.edges.get(this.edgeSel).g.classList.remove('is-selected');
    this.edgeSel = edge;
    if (edge) this.edges.get(edge)?.g.classList.add('is-selected');
    this._placeTools();
    if (!silent) this._emit('flow:select', { ids: [...next], edge });
  }
  _placeTools() {
    const e = this.edgeSel && this.edges.get(this.edgeSel);
    if (!e || this.readonly) { this.tools?.remove(); this.tools = null; return; }
    if (!this.tools) {
      this.tools = div('fc-tools', this.chips);
      for (const [act, sign] of [['insert', '+'], ['unlink', '×']]) {
        const button = document.createElement('button');
        Object.assign(button, { type: 'button', textContent: sign, title: word(act), ariaLabel: word(act) });
        button.dataset.act = act;
        this.tools.append(button);
      }
    }
    this.tools.style.transform = `translate(${e.mx}px,${e.my}px) translate(-50%,-50%)`;
  }
  /** Simulator: mark the current node and the edge that led to it; the path so far stays lit until activate(null). */
  activate(id, via) {
    if (id) { this.trail.add(id); if (via) this.trail.add(via); } else this.trail.clear();
    this.active = id; this.via = via;
    this.redraw();
    if (id) this.reveal(id);
  }
  say(text) { this.live.textContent = text; }
  _emit(type, detail, cancelable = false) { return this.dispatchEvent(new CustomEvent(type, { bubbles: true, cancelable, detail })); }
  _ops(ops, label) { if (ops.length) this._emit('flow:ops', { ops, label }); }
};
