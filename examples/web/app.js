// Register, log in, see who is logged in, log out: every call is one envelope to POST /api.

import { md5 } from "./md5.js";

const $ = (id) => document.getElementById(id);

// --- the client ------------------------------------------------------------------------------------

/** An answer whose status is not 0. */
class Fault extends Error {
  constructor({ status, message, detail }) {
    super(detail ? `${message}: ${detail}` : message);
    this.status = status;
  }
}

/** The session's token; it goes when the tab is closed. */
const session = {
  get token() { return sessionStorage.getItem("token"); },
  set token(token) {
    if (token) sessionStorage.setItem("token", token);
    else sessionStorage.removeItem("token");
  },
};

let calls = 0;

/** Call one operation: its data, or a Fault. */
async function call(type, subtype, data = {}) {
  const headers = { "Content-Type": "application/json" };
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  const body = JSON.stringify({ id: ++calls, status: 0, type, subtype, data });
  let answer;
  try {
    answer = await (await fetch("/api", { method: "POST", headers, body })).json();
  } catch {
    throw new Error("The server can't be reached.");
  }
  if (answer.status !== 0) throw new Fault(answer);
  return answer.data;
}

// --- the page --------------------------------------------------------------------------------------

/** The random text of the captcha that is shown. */
let rand = "";

async function drawCaptcha() {
  const captcha = await call("img", "generate");
  rand = captcha.rand;
  $("captcha").src = `data:image/png;base64,${captcha.imgdata}`;
  $("code").value = "";
}

function choose(name) {
  for (const form of ["login", "register"]) {
    $(form).hidden = form !== name;
    $(`choose-${form}`).setAttribute("aria-pressed", form === name);
  }
}

/** Show the account that is logged in, or the two forms. */
async function show() {
  const account = session.token ? await call("user", "info") : null;
  $("inside").hidden = !account;
  $("door").hidden = Boolean(account);
  if (account) {
    $("nickname").textContent = account.nickname;
    $("username").textContent = account.username;
    $("user-id").textContent = account.user_id;
    $("create-time").textContent = account.create_time;
    $("portrait").src = account.profile_picture || `/api/external/get/portrait/${account.user_id}`;
  }
}

async function logIn(username, password) {
  session.token = (await call("user", "login", { username, password })).token;
  $("login").reset();
  $("register").reset();
  await show();
}

/** Run what a button asks for: not twice at once, and its fault is shown. */
async function run(task, button) {
  if (button?.disabled) return;
  if (button) button.disabled = true;
  $("fault").textContent = "";
  try {
    await task();
  } catch (error) {
    $("fault").textContent = error.message;
    // Logged out elsewhere, expired, or the account is gone.
    if (session.token && [-101, -102].includes(error.status)) {
      session.token = null;
      $("fault").textContent = "Your session has ended: please log in again.";
      await show();
    }
  } finally {
    if (button) button.disabled = false;
  }
}

function onSubmit(form, task) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(() => task(form.elements), form.querySelector(".main"));
  });
}

onSubmit($("login"), ({ username, password }) => logIn(username.value, password.value));

onSubmit($("register"), async ({ username, password, code }) => {
  const hash = md5(code.value.trim().toLowerCase() + rand);
  try {
    await call("user", "register", { username: username.value, password: password.value, hash });
  } catch (error) {
    // The captcha may be used up or may have been misread: the next try gets a new one.
    await drawCaptcha();
    throw error.status === -4 ? new Error("That is not what the picture read. Here is another.") : error;
  }
  await logIn(username.value, password.value);
});

$("choose-login").addEventListener("click", () => run(() => choose("login")));
$("choose-register").addEventListener("click", () => run(async () => {
  choose("register");
  await drawCaptcha();
}));
$("redraw").addEventListener("click", () => run(drawCaptcha, $("redraw")));
$("logout").addEventListener("click", () => run(async () => {
  await call("user", "logout");
  session.token = null;
  choose("login");
  await show();
}, $("logout")));

run(show);
