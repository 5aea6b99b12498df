// Everything works without this. It only closes an open question with Escape, and opens no second one beside it.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
});
document.addEventListener("toggle", (event) => {
  if (event.target.open) {
    for (const other of document.querySelectorAll("details[open]")) {
      if (other !== event.target) other.open = false;
    }
  }
}, true);
