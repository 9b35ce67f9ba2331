// Every page works without this: it adds keys ("/" to search, j and k along a list) and nothing else.
"use strict";
document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || (target instanceof HTMLElement && target.closest("input, textarea, select"))) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("q-top")?.focus();
    return;
  }
  if (event.key !== "j" && event.key !== "k") return;
  const titles = [...document.querySelectorAll("main a.title")];
  const at = titles.indexOf(document.activeElement);
  const next = titles[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
  next?.focus();
});
