// A complete game: the player is a guest who proves who it is by a token, each score belongs to a round that was begun, and the
// standings move as people play. The server's configuration:
//
//   [score]
//   guests = ["dots"]
//   [score.boards.dots]
//   season = "week"
//   ties = "shared"
//   [score.checks.dots]
//   shortest_round = "4s"
//   max = 100

import { $, Fault, ask, json, runner } from "./page.js";

const APP = "dots";
const ROUND = 5_000; // milliseconds

const run = runner([], () => {});

/** Call an operation as the player: its data, or a Fault. */
async function call(name, data, token) {
  const request = json("POST", { app: APP, ...data });
  if (token) request.headers.Authorization = `Bearer ${token}`;
  const { status, message, detail, data: answer } = await ask(`/api/op/${name}`, request);
  if (status !== 0) throw new Fault(status, detail ? `${message}: ${detail}` : message);
  return answer;
}

/** Who plays: `{openid, token}`, kept in this browser. Nothing but the token proves it. */
async function player() {
  let kept = JSON.parse(localStorage.getItem("dots-player"));
  if (!kept) {
    kept = await call("player/guest", {});
    localStorage.setItem("dots-player", JSON.stringify(kept));
    const nickname = `Guest ${kept.openid.slice(-4)}`;
    await call("player/update", { openid: kept.openid, nickname }, kept.token);
  }
  return kept;
}

async function play() {
  const { openid, token } = await player();
  const { round } = await call("round/start", { openid }, token);
  let points = 0;
  $("points").textContent = points;
  $("result").textContent = "";
  $("dot").disabled = false;
  $("dot").onclick = () => { $("points").textContent = ++points; };
  $("dot").focus();
  await new Promise((resolve) => { setTimeout(resolve, ROUND); });
  $("dot").disabled = true;
  const { score, rank } = await call("score/post", { openid, score: points, round, metadata: new Date().toISOString() }, token);
  $("result").textContent = `${points} points. Your best of the season is ${score}, place ${rank}.`;
}

/** Show the season, and follow the standings and one's own place. */
async function watch() {
  const { openid, token } = await player();
  const { season } = await call("score/board", {});
  $("season").textContent = season.ends_at ? `${season.number}, until ${season.ends_at}` : season.number;
  const query = new URLSearchParams({ board: APP, limit: 10, openid, token });
  const events = new EventSource(`/api/events?${query}`);
  events.addEventListener("board", (event) => {
    const rows = JSON.parse(event.data).top.map(({ rank, nickname, score }) => {
      const row = document.createElement("tr");
      for (const text of [rank, nickname || "Nameless", score]) row.insertCell().textContent = text;
      return row;
    });
    $("places").replaceChildren(...rows);
  });
  events.addEventListener("rank", (event) => {
    const own = JSON.parse(event.data);
    $("own").textContent = own ? `You are in place ${own.rank} with ${own.score} points.` : "You have not played yet.";
  });
}

$("start").addEventListener("click", (event) => run(play, event.target));
run(watch);
