// Plays the example game in a browser: `node play.mjs CHROMIUM URL`.
import { chromium } from "playwright-core";

const [program, url] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
const problems = [];
async function open() {
  const page = await (await browser.newContext()).newPage();
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`${url}/play.html`);
  return page;
}
const shows = (page, id, text) => page.waitForFunction(
  ([id, text]) => document.getElementById(id).innerText.replaceAll("\t", " ").includes(text), [id, text], { timeout: 20_000 });
async function play(page, presses) {
  await page.click("#start");
  await page.waitForSelector("#dot:enabled");
  for (let nth = 0; nth < presses; nth++) await page.click("#dot");
  await shows(page, "result", `${presses} points.`);
}
const [one, other] = [await open(), await open()];
await shows(one, "season", "1, until ");
await play(one, 3);
await shows(one, "own", "You are in place 1 with 3 points.");
// The other page sees it without being touched, and overtakes.
await shows(other, "places", "1 Guest");
await play(other, 5);
await shows(one, "own", "You are in place 2 with 3 points.");
// The same player after the page was opened again.
await one.reload();
await shows(one, "own", "You are in place 2 with 3 points.");
await play(one, 5);
// Equal scores share the place.
await shows(one, "own", "You are in place 1 with 5 points.");
await shows(other, "own", "You are in place 1 with 5 points.");
if (process.argv[4]) await one.screenshot({ path: process.argv[4], fullPage: true });
if (problems.length > 0) throw new Error(problems.join("; "));
await browser.close();
console.log("play: ok");
