// Zoom and pan for the drawing of a flow. Without it the drawing is a picture that scrolls.
for (const card of document.querySelectorAll("[data-canvas]")) {
  const box = card.querySelector(".canvas"), svg = box.querySelector("svg"), label = card.querySelector("[data-zoom-value]");
  const { width, height } = svg.viewBox.baseVal;
  let scale = 1;

  const zoom = (to, x = box.clientWidth / 2, y = box.clientHeight / 2) => {
    const next = Math.min(1.5, Math.max(0.2, to)), left = (box.scrollLeft + x) / scale, top = (box.scrollTop + y) / scale;
    scale = next;
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
    box.scrollTo(left * scale - x, top * scale - y);
    label.textContent = `${Math.round(scale * 100)}%`;
  };
  const fit = () => { zoom(Math.min(1, box.clientWidth / width, Math.max(420, innerHeight * 0.72) / height)); box.scrollTo(0, 0); };

  card.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (!button) return;
    if (button.dataset.zoom === "fit") fit(); else zoom(scale * (button.dataset.zoom === "1" ? 1.25 : 0.8));
  });
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const place = box.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - place.left, event.clientY - place.top);
  }, { passive: false });

  // Drag to move, with the mouse; fingers scroll by themselves.
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
    const move = (step) => { box.classList.add("dragging"); box.scrollTo(from.x - step.clientX, from.y - step.clientY); };
    const stop = () => { box.classList.remove("dragging"); removeEventListener("pointermove", move); removeEventListener("pointerup", stop); };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
  });

  // The lines of a card light up with it.
  const light = (node, on) => svg.querySelectorAll(`.line[data-from="${node}"], .line[data-to="${node}"]`).forEach((line) => line.classList.toggle("lit", on));
  for (const name of ["pointerenter", "focusin", "pointerleave", "focusout"]) {
    svg.addEventListener(name, (event) => {
      const node = event.target.closest?.(".node");
      if (node) light(node.id.slice(2), name === "pointerenter" || name === "focusin");
    }, true);
  }

  // An address with #n-ID brings that card into view.
  const show = () => {
    const node = location.hash.startsWith("#n-") && svg.querySelector(`[id="${location.hash.slice(1)}"]`);
    if (!node) return;
    if (scale < 0.6) zoom(0.85);
    const place = node.getBoundingClientRect(), frame = box.getBoundingClientRect();
    box.scrollBy({ left: place.left - frame.left - (frame.width - place.width) / 2, top: place.top - frame.top - (frame.height - place.height) / 2, behavior: "smooth" });
    node.focus({ preventScroll: true });
  };
  addEventListener("hashchange", show);
  fit();
  if (scale < 0.55) {
    // Too big to be read whole: it begins where the talk begins, in the part that a low window shows.
    zoom(box.clientWidth < 600 ? 0.85 : 0.7);
    const first = svg.querySelector(".node").getBoundingClientRect(), whole = svg.getBoundingClientRect();
    const room = Math.min(box.clientHeight, Math.max(200, innerHeight - box.getBoundingClientRect().top));
    box.scrollTo(first.left - whole.left - 28, first.top - whole.top - (room - first.height) / 2);
  }
  show();
}
