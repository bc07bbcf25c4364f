// The words of the page in its reader's language, from <dl id="words">.
const words = new Map();
for (const term of document.querySelectorAll('#words dt')) words.set(term.textContent, term.nextElementSibling.textContent);

export const word = (name) => words.get(name) ?? name;
