// The list of flows: files that are dropped on it go the way of the import form, which says what is
// wrong with them.

const page = document.querySelector("[data-drop-flows]");
const form = document.getElementById("import-flow");
let inside = 0;

const brings = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

function mark(on) {
  page.toggleAttribute("data-dropping", on);
}

page?.addEventListener("dragenter", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  inside += 1;
  mark(true);
});

page?.addEventListener("dragover", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});

page?.addEventListener("dragleave", (event) => {
  if (!brings(event)) return;
  inside = Math.max(0, inside - 1);
  mark(inside > 0);
});

page?.addEventListener("drop", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  inside = 0;
  mark(false);
  if (!event.dataTransfer.files.length || !form) return;
  form.elements.file.files = event.dataTransfer.files;
  // Open, so that a refusal is read where it stands.
  document.getElementById("import").showPopover();
  form.requestSubmit();
});
