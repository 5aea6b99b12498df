// The ten best of a game, who move as they play: server-sent events of /api/events. The browser connects again by itself.

import { $ } from "./page.js";

const events = new EventSource("/api/events?board=lamps&limit=10");

events.addEventListener("open", () => { $("state").textContent = "Connected: the places move as people play."; });
events.addEventListener("error", () => { $("state").textContent = "Connecting again…"; });
events.addEventListener("board", (event) => {
  const rows = JSON.parse(event.data).top.map(({ rank, nickname, score }) => {
    const row = document.createElement("tr");
    for (const text of [rank, nickname || "Nameless", score]) row.insertCell().textContent = text;
    return row;
  });
  $("places").replaceChildren(...rows);
});
