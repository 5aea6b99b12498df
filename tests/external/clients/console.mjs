// Walks through every page of the console in a browser, with and without script, and looks for what keeps people out
// (axe-core): `node console.mjs CHROMIUM URL`. The admin is `owner`, with the password `a long secret`; the game `lamps` has
// a player `cheater`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [program, url] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
const expect = (name, holds, told) => {
  if (!holds) throw new Error(`${name}: ${JSON.stringify(told)}`);
};
const width = 360;

async function walk(hasScript, colorScheme, locale) {
  const context = await browser.newContext({
    javaScriptEnabled: hasScript,
    viewport: { width, height: 800 },
    colorScheme,
    locale,
    // For axe, which is put into the page.
    bypassCSP: hasScript,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  let pages = 0;
  const look = async () => {
    pages += 1;
    expect(page.url(), problems.length === 0, problems);
    if (!hasScript) return;
    await page.evaluate(axe);
    const found = await page.evaluate(() => globalThis.axe.run());
    const rules = found.violations.map((rule) => [rule.id, rule.nodes[0].html]);
    expect(page.url(), rules.length === 0, rules);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(`${page.url()} fits`, wide <= width, wide);
  };
  await page.goto(url);
  await look();
  await page.fill("[name=name]", "owner");
  await page.fill("[name=password]", "a long secret");
  await page.click("form.login button");
  await page.waitForURL((now) => now.pathname === "/");
  await look();
  const nav = page.locator("nav a");
  // One by one, because without script the page can't be asked for all at once.
  const places = Array.from({ length: await nav.count() }, (_, place) => place);
  const listed = await Promise.all(places.map((place) => nav.nth(place).getAttribute("href")));
  expect("navigation", listed.length >= 11, listed);
  for (const path of listed) {
    await page.goto(url + path);
    await look();
    const question = page.locator("summary").first();
    if (await question.count()) {
      await question.click();
      await look();
    }
  }
  await page.goto(`${url}/accounts`);
  await page.click("td a");
  await look();
  await context.close();
  return pages;
}

let pages = 0;
pages += await walk(true, "light", "en-US");
pages += await walk(true, "dark", "zh-CN");
pages += await walk(false, "light", "en-US");

// From the start page to a cheater who is off the board, by keyboard and without script.
const context = await browser.newContext({ javaScriptEnabled: false });
const page = await context.newPage();
await page.goto(url);
await page.focus("[name=name]");
await page.keyboard.type("owner");
await page.keyboard.press("Tab");
await page.keyboard.type("a long secret");
await page.keyboard.press("Enter");
await page.waitForURL((now) => now.pathname === "/");
await page.goto(`${url}/board?app=lamps`);
expect("cheater", (await page.content()).includes("cheater"), await page.content());
await page.focus("td summary");
await page.keyboard.press("Enter");
await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
await page.waitForURL(/done=remove_score/);
expect("board", !(await page.content()).includes("cheater"), await page.content());
await page.goto(`${url}/audit`);
expect("audit", (await page.content()).includes("score remove"), await page.content());
console.log(`${pages} pages: ok`);
await browser.close();
