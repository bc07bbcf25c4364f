// <flow-canvas>: a graph canvas whose document is its own HTML. It knows no step kinds and no rules
// of flows, only cards (data-node), exits (data-out), an entry (data-in) and lines (<flow-edge>).
// Every edit leaves as an event; every change comes back as HTML, which observers pick up.
import { Connecting } from './connecting.js';
import { Dragging } from './dragging.js';
import { Editing } from './editing.js';
import { Inserting } from './inserting.js';
import { Keys } from './keys.js';
import { Marks } from './marks.js';
import { Minimap } from './minimap.js';
import { Model } from './model.js';
import { Pointers } from './pointers.js';
import { Selecting } from './selecting.js';
import { Viewport } from './viewport.js';

const parts = [Model, Viewport, Selecting, Editing, Dragging, Connecting, Inserting, Pointers, Keys, Minimap, Marks];
export const FlowCanvas = parts.reduce((Base, part) => part(Base), HTMLElement);

customElements.define('flow-edge', class extends HTMLElement {});
customElements.define('flow-canvas', FlowCanvas);
