// Watches a board in a browser while somebody plays: `node live.mjs CHROMIUM URL`.
import { chromium } from "playwright-core";

const [program, url] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
const page = await browser.newPage();
const problems = [];
page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
page.on("pageerror", (error) => problems.push(error.message));
await page.goto(`${url}/live.html`);
const shows = (text) => page.waitForFunction(
  (text) => document.querySelector("#places").innerText.replaceAll("\t", " ").includes(text), text, { timeout: 20_000 });
const post = async (openid, score) => {
  const body = JSON.stringify({ app: "lamps", openid, score });
  const answer = await fetch(`${url}/api/op/score/post`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  if (!answer.ok) throw new Error(await answer.text());
};
await shows("1 Nameless 5");
await post("second", 9);
await shows("1 Nameless 9");
await shows("2 Nameless 5");
if (problems.length > 0) throw new Error(problems.join("; "));
await browser.close();
console.log("live: ok");
