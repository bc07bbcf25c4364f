// The list of flows: files that are dropped on it go the way of the import form, which says what is
// wrong with them; flows are dragged into folders, or put there by the button of their line.

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

// -- into folders ---------------------------------------------------------------------------------

const sheet = document.getElementById("folder-new"), toFolder = document.getElementById("to-folder");
let carried = null;

/** Where a carried flow may be let go: not where it is already. */
function placeAt(target) {
  const place = carried && target.closest?.("[data-folder], [data-folder-new]");
  return place && place.dataset.folder !== carried.closest("[data-folder]").dataset.folder ? place : null;
}

function over(place) {
  for (const other of page.querySelectorAll("[data-over]")) other.toggleAttribute("data-over", other === place);
  place?.toggleAttribute("data-over", true);
}

page?.addEventListener("dragstart", (event) => {
  carried = event.target.closest("[data-flow]");
  if (!carried) return;
  event.dataTransfer.effectAllowed = "move";
  // Later: a page that changes as a drag begins ends it.
  setTimeout(() => page.toggleAttribute("data-carrying", carried !== null));
});

page?.addEventListener("dragover", (event) => {
  const place = placeAt(event.target);
  over(place);
  if (place) event.preventDefault();
});

page?.addEventListener("drop", (event) => {
  const place = placeAt(event.target);
  if (!place) return;
  event.preventDefault();
  toFolder.action = `/flows/${carried.dataset.flow}/folder`;
  const name = toFolder.elements.folder;
  name.value = place.dataset.folder ?? "";
  if ("folderNew" in place.dataset) {
    sheet.showPopover();
    name.focus();
  } else {
    toFolder.submit();
  }
});

page?.addEventListener("dragend", () => {
  carried = null;
  over(null);
  page.removeAttribute("data-carrying");
});

// -- by a button: with a finger, with the keyboard ------------------------------------------------

const choices = document.getElementById("folder-put");

/** The folder of a flow is chosen from a list: not the one it is in already. */
function choose(button) {
  const own = button.closest("[data-folder]").dataset.folder;
  choices.querySelector("form").action = `/flows/${button.dataset.put}/folder`;
  choices.querySelector("[data-put-name]").textContent = button.dataset.name;
  for (const other of choices.querySelectorAll("[name=folder]")) other.hidden = other.value === own;
  choices.showPopover();
  choices.querySelector(".folder-choices > :not([hidden])").focus();
}

page?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-put]");
  if (button) choose(button);
  if (!event.target.closest("[data-put-new]")) return;
  toFolder.action = choices.querySelector("form").action;
  choices.hidePopover();
  sheet.showPopover();
  toFolder.elements.folder.focus();
});
