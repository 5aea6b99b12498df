// Solve a proof of work of the server's: a challenge in ALTCHA's format, version 1. ALTCHA's own widget does the
// same (https://altcha.org); these lines need no library. The browser's cryptography is there on pages of https and
// of localhost only.

/** How many numbers are tried before the page may draw itself. */
const STEP = 1000;

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The proof for `{algorithm, challenge, maxnumber, salt, signature}`, which goes where a captcha's hash goes. */
export async function solve({ algorithm, challenge, maxnumber, salt, signature }) {
  const encoder = new TextEncoder();
  const hash = async (number) => hex(await crypto.subtle.digest(algorithm, encoder.encode(salt + number)));
  for (let first = 0; first <= maxnumber; first += STEP) {
    const numbers = Array.from({ length: Math.min(STEP, maxnumber - first + 1) }, (_, nth) => first + nth);
    const found = (await Promise.all(numbers.map(hash))).indexOf(challenge);
    if (found >= 0) return btoa(JSON.stringify({ algorithm, challenge, number: first + found, salt, signature }));
  }
  throw new Error("The challenge has no solution.");
}
