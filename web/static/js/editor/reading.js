// Reading from the server with patience: while nobody answers it asks again.
const REST = 1000;

/** The text at an address; null where the server refuses it, or once `still` says no more. */
export async function read(address, still) {
  while (still()) {
    try {
      const answer = await fetch(address);
      if (answer.ok) return await answer.text();
      if (answer.status < 502 || answer.status > 504) return null;
    } catch { /* nobody there: once more */ }
    await new Promise((done) => setTimeout(done, REST));
  }
  return null;
}
