// How often somebody pressed a key or the mouse. An answer that comes late gives the focus to what
// was asked for only while nobody has gone on to something else.
let times = 0;
for (const kind of ['keydown', 'pointerdown']) document.addEventListener(kind, () => { times += 1; }, { capture: true });

export const acted = () => times;
