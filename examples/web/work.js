// Register without a picture to read: the browser does some work instead. The server must allow it:
// captcha.kinds = ["image", "pow"].

import { $, call, onSubmit, runner } from "./page.js";
import { solve } from "./solve.js";

const run = runner([], () => {});

onSubmit($("register"), run, async ({ username, password }) => {
  $("done").textContent = "";
  $("working").hidden = false;
  try {
    const hash = await solve(await call("img", "generate", { kind: "pow" }));
    const { user_id: id } = await call("user", "register", { username: username.value, password: password.value, hash });
    $("done").textContent = `Registered as number ${id}.`;
    $("register").reset();
  } finally {
    $("working").hidden = true;
  }
});
