// A kiosk goes back to its first page, in its first language, when nobody touches it any more, prints a new ticket by itself, and leads nowhere
// else.
const ASK_AFTER_MS = 60000;
const ANSWER_MS = 15000;
const NEWS_MS = 30000;
const AFTER_PRINTING_MS = 12000;

const { home, start, print } = document.body.dataset;
const question = document.getElementById("still-there");
const goHome = () => location.replace(home);
let timer = 0;

function wait() {
  clearTimeout(timer);
  timer = setTimeout(ask, ASK_AFTER_MS);
}

function ask() {
  question.showModal();
  timer = setTimeout(goHome, ANSWER_MS);
}

// Nothing of one person is left for the next in the browser's history.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  event.preventDefault();
  location.replace(link.href);
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("pageshow", (event) => event.persisted && location.reload());

if (start) {
  setTimeout(goHome, NEWS_MS);
} else if (print) {
  addEventListener("load", () => window.print());
  setTimeout(goHome, AFTER_PRINTING_MS);
} else {
  question.querySelector("button").addEventListener("click", () => {
    question.close();
    wait();
  });
  ["keydown", "pointerdown", "input"].forEach((kind) =>
    document.addEventListener(kind, () => question.open || wait()));
  wait();
}
