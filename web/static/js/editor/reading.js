// Reading from the server with patience: while nobody answers it asks again.
import { patience, within } from './patience.js';
import { moved, token } from './token.js';

const REST = 1000;

/** The text at an address; null where the server refuses it, or once `still` says no more. */
export async function read(address, still) {
  for (let tries = 0; still(); tries += 1) {
    try {
      const found = await within(patience(tries), (signal) => once(address, signal));
      if (found !== undefined) return found;
    } catch { /* nobody there, or nobody answers: once more */ }
    await new Promise((done) => setTimeout(done, REST));
  }
  return null;
}

/** As `read`; undefined where it is to be asked again. */
async function once(address, signal) {
  const answer = await fetch(address, { headers: { Accept: 'application/json', 'X-CSRF-Token': token() }, signal });
  const ours = !answer.redirected;        // else it is where one signs in, or a proxy's page
  if (answer.ok && ours) return answer.text();
  return ours && !moved(answer) && answer.status !== 401 && (answer.status < 502 || answer.status > 504) ? null : undefined;
}
