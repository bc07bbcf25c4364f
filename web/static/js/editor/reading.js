// Reading from the server with patience: while nobody answers it asks again.
import { moved, token } from './token.js';

const REST = 1000;

/** The text at an address; null where the server refuses it, or once `still` says no more. */
export async function read(address, still) {
  while (still()) {
    try {
      const answer = await fetch(address, { headers: { Accept: 'application/json', 'X-CSRF-Token': token() } });
      const ours = !answer.redirected;    // else it is where one signs in, or a proxy's page
      if (answer.ok && ours) return await answer.text();
      if (ours && !moved(answer) && answer.status !== 401 && (answer.status < 502 || answer.status > 504)) return null;
    } catch { /* nobody there: once more */ }
    await new Promise((done) => setTimeout(done, REST));
  }
  return null;
}
