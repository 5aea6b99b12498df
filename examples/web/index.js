// Register, log in, see who is logged in, log out: every call is one envelope to POST /api.

import { md5 } from "./md5.js";
import { $, Fault, call, here, onSubmit, runner, session } from "./page.js";

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
    $("portrait").src = here(account.profile_picture || `/api/external/get/portrait/${account.user_id}`);
  }
}

const run = runner([-101, -102], show);

async function logIn(username, password) {
  session.token = (await call("user", "login", { username, password })).token;
  $("login").reset();
  $("register").reset();
  await show();
}

onSubmit($("login"), run, ({ username, password }) => logIn(username.value, password.value));

onSubmit($("register"), run, async ({ username, password, code }) => {
  const hash = md5(code.value.trim().toLowerCase() + rand);
  try {
    await call("user", "register", { username: username.value, password: password.value, hash });
  } catch (error) {
    // The captcha may be used up or may have been misread: the next try gets a new one.
    await drawCaptcha();
    throw error.code === -4 ? new Fault(-4, "That is not what the picture read. Here is another.") : error;
  }
  await logIn(username.value, password.value);
});

async function register() {
  choose("register");
  await drawCaptcha();
}

$("choose-login").addEventListener("click", () => run(() => choose("login")));
$("choose-register").addEventListener("click", () => run(register));
$("redraw").addEventListener("click", () => run(drawCaptcha, $("redraw")));
$("logout").addEventListener("click", () => run(async () => {
  await call("user", "logout");
  session.token = null;
  choose("login");
  await show();
}, $("logout")));

run(async () => {
  await show();
  if (!session.token && location.hash === "#register") await register();
});
