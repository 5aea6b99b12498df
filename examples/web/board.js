// A game of fifteen seconds and its board of high scores: /lamps/api/…, whose answers are
// {status, code, msg, data}. Nobody logs in: a random name, kept in this browser, is the player.

import { $, Fault, ask, call, json, runner } from "./page.js";

const APP = "lamps";
const ROUND = 15_000; // milliseconds
const LAMPS = 9;

const run = runner([], () => {});

// --- the board's client ----------------------------------------------------------------------------

/** Call one path of the game: its answer, or a Fault. */
async function game(path, request) {
  const answer = await ask(`/${APP}/api/${path}`, request);
  if (answer.code !== 200) throw new Fault(answer.code, answer.msg);
  return answer;
}

/** Who plays. The board never tells it, for whoever knows it can post as this player. */
function openid() {
  let name = localStorage.getItem("openid");
  if (!name) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("openid", name);
  }
  return name;
}

/** The best 100 carry their nicknames as Base64 of UTF-8; null where a player told nothing of himself. */
function decode(base64) {
  return base64 === null ? "" : new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

/** The places around this player; none before the first score. */
async function around() {
  try {
    return await call("score", "around", { app: APP, openid: openid(), span: 2 });
  } catch (error) {
    if (error.code === -2) return [];
    throw error;
  }
}

async function showBoard() {
  const [{ data: best }, near] = await Promise.all([game("tpinball_score"), around()]);
  const own = near.find((place) => place.me);
  const rows = best.map(({ rank, nickname, score }) => row(rank, decode(nickname), score, own));
  const beyond = near.filter((place) => place.rank > best.length);
  if (own?.rank > best.length) {
    rows.push(gap(), ...beyond.map(({ rank, nickname, score }) => row(rank, nickname, score, own)));
  }
  $("places").replaceChildren(...rows);
  $("nobody").hidden = rows.length > 0;
  const mine = $("places").querySelector(".own");
  if (mine) $("scroll").scrollTop = mine.offsetTop - $("scroll").clientHeight / 2;
  $("standing").textContent = own ? `Your best: ${own.score} points, place ${own.rank}` : "";
}

function row(rank, nickname, score, own) {
  const row = document.createElement("tr");
  const cells = [rank, nickname || "Nameless", score].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  row.append(...cells);
  row.classList.toggle("nameless", !nickname);
  if (own?.rank === rank) {
    row.className = "own";
    row.ariaCurrent = "true";
  }
  return row;
}

function gap() {
  const row = document.createElement("tr");
  const cell = row.insertCell();
  cell.colSpan = 3;
  cell.textContent = "⋯";
  row.className = "gap";
  return row;
}

// --- the game --------------------------------------------------------------------------------------

const lamps = Array.from({ length: LAMPS }, (_, i) => {
  const lamp = document.createElement("button");
  lamp.type = "button";
  lamp.textContent = i + 1;
  lamp.ariaLabel = `Lamp ${i + 1}`;
  lamp.disabled = true;
  lamp.addEventListener("pointerdown", () => press(i));
  // Enter and the space bar are clicks without a pointer.
  lamp.addEventListener("click", (event) => { if (event.detail === 0) press(i); });
  return lamp;
});
$("lamps").append(...lamps);

/** The round that is played: its points, the lamp that is lit, and since when. */
let round = null;

function light() {
  const step = 1 + Math.floor(Math.random() * (LAMPS - 1));
  round.lit = (round.lit + step) % LAMPS;
  round.since = performance.now();
  lamps.forEach((lamp, i) => lamp.classList.toggle("lit", i === round.lit));
}

/** The lit lamp brings 10 points, and up to 40 more for being quick; a dark one costs 20. */
function press(i) {
  if (!round) return;
  if (i === round.lit) {
    round.points += 10 + Math.max(0, Math.round(40 - (performance.now() - round.since) / 25));
    light();
  } else {
    round.points = Math.max(0, round.points - 20);
  }
  $("points").textContent = round.points;
}

function play() {
  round = { points: 0, lit: 0, since: 0 };
  $("points").textContent = 0;
  $("result").textContent = "";
  $("start").disabled = true;
  $("clock").classList.add("runs");
  for (const lamp of lamps) lamp.disabled = false;
  light();
  setTimeout(() => run(finish), ROUND);
}

async function finish() {
  const { points } = round;
  round = null;
  for (const lamp of lamps) {
    lamp.disabled = true;
    lamp.classList.remove("lit");
  }
  $("clock").classList.remove("runs");
  try {
    const nickname = localStorage.getItem("nickname");
    if (nickname) await game("post_user_info", json("POST", { openid: openid(), nickname }));
    const { data } = await game("post_score", json("POST", { openid: openid(), score: points }));
    const verdict = data.score > points ? `your best stays ${data.score}` : `place ${data.rank}`;
    $("result").textContent = `${points} points: ${verdict}.`;
    await showBoard();
  } finally {
    $("start").disabled = false;
  }
}

$("clock").style.setProperty("--round", `${ROUND}ms`);
$("start").addEventListener("click", () => run(play));
$("refresh").addEventListener("click", () => run(showBoard, $("refresh")));

// The digits press the lamps, too.
document.addEventListener("keydown", (event) => {
  const digit = Number(event.key);
  if (round && event.target !== $("nickname") && digit >= 1 && digit <= LAMPS && !event.repeat) press(digit - 1);
});

$("nickname").value = localStorage.getItem("nickname") ?? "";
$("nickname").addEventListener("change", () => run(async () => {
  const nickname = $("nickname").value.trim();
  localStorage.setItem("nickname", nickname);
  await game("post_user_info", json("POST", { openid: openid(), nickname }));
  await showBoard();
}));

run(showBoard);
