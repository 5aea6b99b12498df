// Log in, change the nickname and the picture, log out: /login and /user/…, whose answers are
// {code, msg, result}. The password is sent as its md5.

import { md5 } from "./md5.js";
import { $, Fault, ask, here, json, onSubmit, runner, session } from "./page.js";

/** Call one path: its result, or a Fault. */
async function call(path, request = {}) {
  const headers = { ...request.headers };
  if (session.token) headers.Authorization = session.token;
  const { code, msg, result } = await ask(path, { ...request, headers });
  if (code !== 0) throw new Fault(code, told[code] ?? msg);
  return result;
}

/** What this page says for some of the codes. */
const told = {
  3002: "User name or password is wrong.",
  3003: "Too many attempts. Please try again in a while.",
  200413: "This picture can't be used: PNG, JPEG, GIF or WebP, 1 MiB at most.",
};

/** Show the profile of whoever is logged in, or the form. */
async function show() {
  const profile = session.token ? await call("/user/get_user_info") : null;
  $("inside").hidden = !profile;
  $("door").hidden = Boolean(profile);
  if (profile) {
    $("name").textContent = profile.nickname;
    $("username").textContent = profile.username;
    $("nickname").elements.nickname.value = profile.nickname;
    $("picture").src = here(profile.profile_picture || "/api/external/get/portrait/0");
  }
}

const showAll = runner([200410, 200412], show);
const run = (task, button) => {
  $("done").textContent = "";
  return showAll(task, button);
};

onSubmit($("login"), run, async ({ username, password }) => {
  const body = { username: username.value, password: md5(password.value) };
  session.token = (await call("/login", json("POST", body))).token;
  $("login").reset();
  await show();
});

onSubmit($("nickname"), run, async ({ nickname }) => {
  await call("/user/update_user_info", json("PUT", { nickname: nickname.value.trim() }));
  await show();
  $("done").textContent = "Your nickname is changed.";
});

$("file").addEventListener("change", () => run(async () => {
  const [file] = $("file").files;
  if (!file) return;
  const body = new FormData();
  body.append("file", file);
  try {
    await call("/user/update_user_profile_picture", { method: "PUT", body });
  } finally {
    // So that the same file can be chosen again.
    $("file").value = "";
  }
  await show();
  $("done").textContent = "Your picture is changed.";
}, $("file")));

$("logout").addEventListener("click", () => run(async () => {
  await call("/user/logout", { method: "POST" });
  session.token = null;
  await show();
}, $("logout")));

run(show);
