// Drives the page /api/docs, and the client of TypeScript, in a browser: `node browser.mjs CHROMIUM URL DIST CODE`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const [program, url, dist, code] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
const expect = (name, holds, told) => {
  if (!holds) throw new Error(`${name}: ${JSON.stringify(told)}`);
  console.log(`${name}: ok`);
};

const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
const problems = [];
page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
page.on("pageerror", (error) => problems.push(error.message));
const elsewhere = [];
page.on("request", (request) => request.url().startsWith(url) || request.url().startsWith("data:") || elsewhere.push(request.url()));
await page.goto(`${url}/api/docs#shopList`);
await page.waitForSelector("#shopList[open] textarea");
await page.click("#shopList button.send");
await page.waitForSelector("#shopList .answer .good");
expect("trying shop/list", (await page.textContent("#shopList .answer")).includes("HTTP 200"));
await page.fill("#search", "telephone code");
const shown = await page.$$eval("main details:not([hidden])", (boxes) => boxes.map((box) => box.id));
expect("searching", shown.includes("smsGenerate") && !shown.includes("shopList"), shown);
await page.fill("#search", "");
await page.click("#language");
expect("Chinese", (await page.getAttribute("html", "lang")) === "zh-CN" && (await page.textContent(".skip")).includes("跳到"));
await page.click("#imgGenerate summary");
await page.click("#imgGenerate button.send");
await page.waitForSelector("#imgGenerate .answer img");
const width = await page.evaluate(() => document.documentElement.scrollWidth);
expect("fits 360 pixels", width <= 360, width);
expect("nothing from elsewhere", elsewhere.length === 0, elsewhere);
expect("no error, no violation of the policy", problems.length === 0, problems);

// A page of another origin, which the server's configuration allows.
const files = { "/": ["text/html", ""], "/walk.mjs": ["text/javascript", readFileSync(`${dist}/../test/walk.mjs`)] };
for (const name of ["index", "md5", "operations", "schemas"]) files[`/${name}.js`] = ["text/javascript", readFileSync(`${dist}/${name}.js`)];
const pages = createServer((request, reply) => {
  const [type, body] = files[request.url] || ["text/plain", ""];
  reply.writeHead(200, { "Content-Type": type }).end(body);
});
await new Promise((resolve) => pages.listen(Number(process.env.PAGES_PORT || 0), "127.0.0.1", resolve));
const other = await browser.newPage();
await other.goto(`http://127.0.0.1:${pages.address().port}/`);
const steps = await other.evaluate(
  async ([url, code]) => {
    const { walk } = await import("/walk.mjs");
    return walk(await import("/index.js"), url, code);
  },
  [url, code],
);
expect("client in a browser", steps.includes("retry"), steps);
pages.close();
await browser.close();
