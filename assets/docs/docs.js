"use strict";
// Shows openapi.json. Whatever comes from it is inserted as text, never as markup.

const TEXTS = {
  en: {
    skip: "Skip to the operations", search: "Search", token: "Token", loading: "Loading the description …", failed: "The description could not be loaded.",
    takes: "Data", or: "Or", nothing: "No fields.", answers: "Answer", list: "A list; each row has:", faults: "Faults", tryIt: "Try it", body: "Data, as JSON",
    send: "Send", key: "Key", type: "Type", required: "Required", meaning: "Meaning", yes: "yes", no: "no", login: "login", example: "Example",
    parameters: "Parameters", where: "In", status: "HTTP", code: "Status", text: "Message", none: "Nothing matches.", documents: "Paths of the documents, the envelope and the server",
    operations: "Operations", waiting: "Waiting for the answer …", unreachable: "No answer came.", after: "after", other: "中文", atMost: "at most", from: "from", to: "to", characters: "characters",
    kinds: { string: "text", integer: "integer", boolean: "true or false", array: "list", object: "object", number: "number" },
  },
  zh: {
    skip: "跳到接口列表", search: "搜索", token: "令牌", loading: "正在加载接口说明…", failed: "无法加载接口说明。",
    takes: "参数", or: "或者", nothing: "没有参数。", answers: "返回", list: "列表，每行包含：", faults: "错误", tryIt: "试一试", body: "参数（JSON）",
    send: "发送", key: "字段", type: "类型", required: "必填", meaning: "含义", yes: "是", no: "否", login: "需登录", example: "示例",
    parameters: "参数", where: "位置", status: "HTTP", code: "状态码", text: "消息", none: "没有匹配的接口。", documents: "各文档的路径、信封接口与服务器",
    operations: "接口", waiting: "等待返回…", unreachable: "没有收到返回。", after: "用时", other: "English", atMost: "至多", from: "", to: "至", characters: "个字符",
    kinds: { string: "文本", integer: "整数", boolean: "布尔", array: "列表", object: "对象", number: "数字" },
  },
};

let language = stored("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let api = null;
const by = (id) => document.getElementById(id);
const say = (key) => TEXTS[language][key];

// A browser may refuse to store anything.
function stored(key, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(`docs.${key}`, value);
    return sessionStorage.getItem(`docs.${key}`);
  } catch {
    return null;
  }
}

function make(tag, options, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (key === "text") element.textContent = value;
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function resolved(schema) {
  const reference = schema && schema.$ref;
  return reference ? reference.slice(2).split("/").reduce((at, key) => at[key], api) : schema || {};
}

function shapes(schema) {
  const found = resolved(schema);
  return found.anyOf ? found.anyOf.map(resolved) : [found];
}

function kind(schema) {
  const found = resolved(schema);
  const words = say("kinds");
  if (found.enum) return found.enum.map(String).join(", ");
  if (found.const !== undefined) return String(found.const);
  if (found.anyOf) return [...new Set(found.anyOf.filter((one) => one.type !== "null" && one.maxLength !== 0).map(kind))].join(" / ");
  const types = [].concat(found.type || "object").filter((type) => type !== "null");
  const bounds = (low, high, unit) => {
    if (high === undefined || high > Number.MAX_SAFE_INTEGER) return low ? `, ≥ ${low}` : "";
    return low ? `, ${say("from")} ${low} ${say("to")} ${high}${unit}` : `, ${say("atMost")} ${high}${unit}`;
  };
  return types.map((type) => words[type] || type).join(" / ") + bounds(found.minimum, found.maximum, "") + bounds(found.minLength, found.maxLength, ` ${say("characters")}`);
}

function table(heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { text, scope: "col" })));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell) => (cell instanceof Node ? make("td", {}, cell) : make("td", { text: cell })))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function fields(schema) {
  const parts = [];
  shapes(schema).forEach((shape, number) => {
    if (number > 0) parts.push(make("p", { text: say("or") }));
    const isList = shape.type === "array";
    const row = isList ? resolved(shape.items) : shape;
    const keys = Object.entries(row.properties || {});
    if (isList && keys.length) parts.push(make("p", { text: say("list") }));
    if (!keys.length) parts.push(make("p", { text: shape.type === "object" || !shape.type ? say("nothing") : kind(shape) }));
    else {
      const cells = ([key, field]) => {
        const found = resolved(field);
        return [make("code", { text: key }), kind(field), (row.required || []).includes(key) ? say("yes") : say("no"), field.description || found.description || ""];
      };
      parts.push(table([say("key"), say("type"), say("required"), say("meaning")], keys.map(cells)));
    }
  });
  return parts;
}

function faults(operation) {
  const rows = [];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status === "200") continue;
    for (const line of (response.description || "").split("\n\n")) {
      const told = /^(-?\d+) `([^`]*)`: (.*)$/.exec(line);
      rows.push(told ? [status, told[1], told[2], told[3]] : [status, "", "", line]);
    }
  }
  return rows.length ? [make("h4", { text: say("faults") }), table([say("status"), say("code"), say("text"), say("meaning")], rows)] : [];
}

function trial(path, method, operation) {
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  const example = content && (content.example || resolved(content.schema).example || {});
  const area = make("textarea", { spellcheck: "false", "aria-label": say("body") });
  area.value = JSON.stringify(example || {}, null, 2);
  const button = make("button", { class: "send", type: "button", text: say("send") });
  const answer = make("div", { class: "answer", "aria-live": "polite" });
  button.addEventListener("click", () => send(path, method, area.value, answer));
  return [make("h4", { text: say("tryIt") }), area, button, answer];
}

async function send(path, method, body, answer) {
  answer.replaceChildren(make("p", { text: say("waiting") }));
  const token = by("token").value.trim();
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const begin = performance.now();
  try {
    const response = await fetch(path, { method, headers, body, credentials: "omit" });
    const text = await response.text();
    const time = Math.round(performance.now() - begin);
    const line = make("p", { class: response.ok ? "good" : "bad", text: `HTTP ${response.status}, ${say("after")} ${time} ms` });
    let data = null;
    let pretty = text;
    try {
      data = JSON.parse(text);
      pretty = JSON.stringify(data, null, 2);
    } catch { /* It is shown as it is. */ }
    answer.replaceChildren(line, make("pre", { text: pretty }), ...picture(data && data.data));
    if (data && data.data && typeof data.data.token === "string") {
      by("token").value = data.data.token;
      stored("token", data.data.token);
    }
  } catch {
    answer.replaceChildren(make("p", { class: "bad", text: say("unreachable") }));
  }
}

function picture(data) {
  const base64 = data && (data.imgdata || data.base64);
  if (typeof base64 !== "string" || !/^[A-Za-z0-9+/=]+$/.test(base64)) return [];
  const type = /^(png|jpg|gif|webp)$/.test(data.type) ? data.type.replace("jpg", "jpeg") : "png";
  return [make("img", { src: `data:image/${type};base64,${base64}`, alt: "" })];
}

function curl(path, operation) {
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (!content || !content.example) return [];
  const data = JSON.stringify(content.example).replaceAll("'", "'\\''");
  const token = (operation.security || []).length ? " -H \"Authorization: Bearer $token\"" : "";
  return [make("h4", { text: say("example") }), make("pre", { text: `curl -s ${location.origin}${path}${token} -d '${data}'` })];
}

function parameters(operation) {
  const rows = (operation.parameters || []).map((one) => [make("code", { text: one.name }), one.in, kind(one.schema), one.required ? say("yes") : say("no"), one.description || ""]);
  return rows.length ? [make("h4", { text: say("parameters") }), table([say("key"), say("where"), say("type"), say("required"), say("meaning")], rows)] : [];
}

function section(path, method, operation) {
  const isOperation = path.startsWith("/api/op/");
  const name = isOperation ? path.slice("/api/op/".length) : path;
  const needsLogin = (operation.security || []).length > 0 && !operation.security.some((one) => !Object.keys(one).length);
  const box = make("details", { id: operation.operationId });
  box.dataset.words = `${path} ${operation.summary} ${operation.description} ${operation.tags.join(" ")}`.toLowerCase();
  const line = make("summary", {}, make("span", { class: "method", text: method.toUpperCase() }), make("h3", { text: name }));
  if (needsLogin) line.append(make("span", { class: "lock", text: say("login") }));
  line.append(make("span", { class: "say", text: operation.summary }));
  box.append(line);
  // What is inside is made when it is first looked at.
  box.addEventListener("toggle", () => {
    if (!box.open || box.querySelector(".inside")) return;
    const inside = make("div", { class: "inside" }, make("p", { class: "about", text: operation.description }), ...parameters(operation));
    const contents = operation.requestBody ? operation.requestBody.content : {};
    const taken = contents["application/json"];
    if (taken) inside.append(make("h4", { text: say("takes") }), ...fields(taken.schema));
    const done = operation.responses["200"] && Object.values(operation.responses["200"].content || {})[0];
    if (done) {
      const data = isOperation ? done.schema.properties.data : done.schema;
      inside.append(make("h4", { text: say("answers") }), ...fields(data));
    }
    inside.append(...faults(operation), ...curl(path, operation));
    if (isOperation || path === "/api" || path === "/api/rpc") inside.append(...trial(path, "POST", operation));
    box.append(inside);
  });
  return box;
}

function show() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  by("language").textContent = say("other");
  by("language").lang = language === "zh" ? "en" : "zh-CN";
  if (!api) return;
  const main = by("main");
  const opened = [...main.querySelectorAll("details[open]")].map((box) => box.id);
  main.querySelectorAll("section, .empty").forEach((old) => old.remove());
  const contents = by("contents");
  contents.replaceChildren();
  document.title = `${api.info.title} API`;
  by("title").textContent = `${api.info.title} ${api.info.version}`;
  by("intro").textContent = api.info.description.split("\n\n")[0];
  by("state").hidden = true;
  for (const tag of api.tags) {
    const boxes = [];
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (operation.tags.includes(tag.name)) boxes.push(section(path, method, operation));
      }
    }
    if (!boxes.length) continue;
    main.append(make("section", { "aria-label": tag.name }, make("h2", { text: tag.name }), make("p", { class: "about", text: tag.description }), ...boxes));
    const links = boxes.map((box) => make("li", {}, make("a", { href: `#${box.id}`, text: box.querySelector("h3").textContent })));
    contents.append(make("div", {}, make("strong", { text: tag.name }), make("ul", {}, ...links)));
  }
  main.append(make("p", { class: "empty", text: say("none"), hidden: "" }));
  for (const id of opened) if (by(id)) by(id).open = true;
  search();
}

function search() {
  const words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const part of by("main").querySelectorAll("section")) {
    let own = 0;
    for (const box of part.querySelectorAll("details")) {
      box.hidden = !words.every((word) => box.dataset.words.includes(word));
      own += box.hidden ? 0 : 1;
    }
    part.hidden = own === 0;
    count += own;
  }
  for (const link of by("contents").querySelectorAll("a")) link.parentElement.hidden = by(link.hash.slice(1)).hidden;
  for (const group of by("contents").children) group.hidden = !group.querySelector("li:not([hidden])");
  const empty = by("main").querySelector(".empty");
  if (empty) empty.hidden = count > 0;
}

function follow() {
  const box = location.hash && by(location.hash.slice(1));
  if (box instanceof HTMLDetailsElement) {
    box.open = true;
    box.scrollIntoView();
  }
}

by("language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  stored("language", language);
  show();
});
by("search").addEventListener("input", search);
by("token").value = stored("token") || "";
by("token").addEventListener("input", () => stored("token", by("token").value));
window.addEventListener("hashchange", follow);
show();
fetch("openapi.json")
  .then((response) => (response.ok ? response.json() : Promise.reject(response.status)))
  .then((document) => {
    api = document;
    show();
    follow();
  })
  .catch(() => {
    by("state").dataset.text = "failed";
    by("state").textContent = say("failed");
  });
