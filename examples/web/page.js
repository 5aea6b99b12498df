// What the pages share: the session, running what a button asks for, and the envelope.

export const $ = (id) => document.getElementById(id);

/** The session's token, the same for all pages and documents; it goes when the tab is closed. */
export const session = {
  get token() { return sessionStorage.getItem("token"); },
  set token(token) {
    if (token) sessionStorage.setItem("token", token);
    else sessionStorage.removeItem("token");
  },
};

/** An answer that is no success; `code` is the document's own. */
export class Fault extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The JSON that the server answers. */
export async function ask(path, request) {
  try {
    return await (await fetch(path, request)).json();
  } catch {
    throw new Error("The server can't be reached.");
  }
}

/** A request with a JSON body. */
export function json(method, body) {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

let calls = 0;

/** Call one operation by envelope: its data, or a Fault. */
export async function call(type, subtype, data = {}) {
  const request = json("POST", { id: ++calls, status: 0, type, subtype, data });
  if (session.token) request.headers.Authorization = `Bearer ${session.token}`;
  const { status, message, detail, data: answer } = await ask("/api", request);
  if (status !== 0) throw new Fault(status, detail ? `${message}: ${detail}` : message);
  return answer;
}

/** A picture's address on the server that serves this page, under whichever name it is open. */
export function here(address) {
  const { pathname } = new URL(address, location);
  return pathname;
}

/**
 * Run what a button asks for: not twice at once, and its fault is shown. `ended` holds the codes
 * that say that the session is over; `show` shows the page without one.
 */
export function runner(ended, show) {
  return async function run(task, button) {
    if (button?.disabled) return;
    if (button) button.disabled = true;
    $("fault").textContent = "";
    try {
      await task();
    } catch (error) {
      $("fault").textContent = error.message;
      // Logged out elsewhere, expired, or the account is gone.
      if (session.token && ended.includes(error.code)) {
        session.token = null;
        $("fault").textContent = "Your session has ended: please log in again.";
        await show();
      }
    } finally {
      if (button) button.disabled = false;
    }
  };
}

/** Run `task` with a form's elements when it is submitted. */
export function onSubmit(form, run, task) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(() => task(form.elements), event.submitter ?? form.querySelector("button.main"));
  });
}
