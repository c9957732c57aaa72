// The page: a photo goes to this machine's own program, its answers become cards.

import { Box, cut } from "./box.js";
import { arrange, make, makeCard } from "./cards.js";

const $ = (id) => document.getElementById(id);
const texts = await (await fetch("texts.json")).json();
const say = (key, values = {}) =>
  texts[key].replace(/\{(\w+)\}/g, (_, name) => (values[name] ?? "").toLocaleString());
const POLL = 700; // milliseconds between looks at long work

// What would turn the text around it, or hide in it, is shown as a mark.
const nameOf = (file) => file.name.replace(/[\p{Cc}\p{Cf}]/gu, "\uFFFD");

let state, photo, asked = 0;
let shown = []; // the answers: {match, card}
let marks = {}; // of them: {id: same person or not}

async function call(path, body) {
  const told = body === undefined ? {} : { method: "POST", headers: { "X-Tfreid": "1" }, body };
  const answer = await fetch(path, told).catch(() => { throw new Error(say("lost")); });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error ?? say("failed", answer));
  return content;
}

function show(error, ...about) {
  $("status").replaceChildren(make("div", "error", ...about, error.message));
}

async function refresh() {
  const isFirst = !state;
  state = await call("state");
  if (isFirst) $("group").value = { person: "pid", camera: "camid" }[state.group_by] ?? "";
  const empty = state.may_change ? "summary_empty" : "summary_empty_elsewhere";
  $("summary").textContent = say(state.images ? "summary" : empty, state);
  $("keep").hidden = !state.may_change;
  $("labeled").placeholder = state.labels;
  $("logged").textContent = say(state.log ? "log_on" : "log_off", state);
  const chosen = $("accepts").value || String(state.accepts);
  const options = state.thresholds.map(makeOption);
  if (!state.accepts || !options.length) options.unshift(new Option(say("threshold_any"), "0"));
  $("accepts").replaceChildren(...options);
  $("accepts").value = (options.find((option) => option.value === chosen) ?? options[0]).value;
}

// How many pictures of strangers, of so many, are expected to pass a point of the calibration.
function expectStrangers(point, images) {
  return Number((images * point.false_accepts / point.other_pairs).toPrecision(2));
}

function makeOption(point) {
  const values = {
    true: point.true_accepts_percent.toFixed(0),
    strangers: expectStrangers(point, state.images),
  };
  return new Option(say("threshold_rate", values), String(point.false_accepts_percent));
}

async function agree() {
  if (localStorage.getItem("agreed")) return true;
  $("law").returnValue = "";
  $("law").showModal();
  await new Promise((resolve) => $("law").addEventListener("close", resolve, { once: true }));
  if ($("law").returnValue === "yes") localStorage.setItem("agreed", "yes");
  return $("law").returnValue === "yes";
}

async function choose(file) {
  photo = null;
  shown = [];
  group(); // away with the cards of another photo
  $("status").replaceChildren();
  $("frame").hidden = $("hint").hidden = $("search").disabled = true;
  const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
  if (file.size > (state?.most_bytes ?? Infinity)) {
    const sizes = { megabytes: megabytes(file.size), most: megabytes(state.most_bytes) };
    return show(new Error(say("too_large", { name: nameOf(file), ...sizes })));
  }
  photo = file;
  $("search").disabled = false;
  URL.revokeObjectURL($("preview").src);
  $("preview").src = URL.createObjectURL(file);
  const isShown = await $("preview").decode().then(() => true, () => false);
  if (photo !== file) return;
  $("frame").hidden = !isShown;
  box.set(null);
  const isFrame = isShown && $("preview").naturalWidth > $("preview").naturalHeight;
  if (isFrame) $("frame").focus();
  else await search();
}

const box = new Box($("frame"), $("box"), (sides) => {
  const isFrame = $("preview").naturalWidth > $("preview").naturalHeight;
  $("hint").hidden = !(sides || isFrame);
  $("hint").textContent = say(sides ? "hint_box" : "hint_frame");
});

async function search() {
  const file = photo, sides = box.sides, number = ++asked;
  if (!(await agree())) return;
  $("status").textContent = say("searching");
  const query = new URLSearchParams({ accepts: $("accepts").value, name: file.name });
  try {
    const body = sides && !$("frame").hidden ? await cut($("preview"), sides) : file;
    const answer = await call(`search?${query}`, body);
    if (number === asked) tell(answer);
  } catch (error) {
    if (number !== asked) return;
    shown = [];
    group();
    show(error, make("b", "", nameOf(file)), make("br"));
  }
}

function tell(answer) {
  const { matches, itself } = answer.queries[0];
  marks = {};
  const strangers = answer.threshold && expectStrangers(answer.threshold, answer.index.images);
  const found = say(answer.threshold ? "passed" : "found", { count: matches.length, strangers });
  const notes = [...(itself.length ? [say("itself")] : []), ...answer.odd];
  $("status").textContent = [answer.no_match ?? found, ...notes].join(" ");
  shown = matches.map((match) => ({ match, card: makeCard(match, answer.measure, say, mark) }));
  group();
}

function group() {
  $("cards").replaceChildren(...arrange(shown, $("group").value, say));
}

async function mark(id, same) {
  const own = marks, before = own[id];
  own[id] = same;
  try {
    const kept = await call("marks", JSON.stringify(marks));
    $("status").textContent = say("marked", { ...kept, labels: state.labels });
    return true;
  } catch (error) {
    own[id] = before; // what was not kept must not go along with the next mark
    show(error);
    return false;
  }
}

async function watch() {
  const work = await call("work");
  $("work").hidden = !work.is_running;
  if (work.total) Object.assign($("progress"), { max: work.total, value: work.done });
  else $("progress").removeAttribute("value");
  if (!work.is_running) {
    $("told").textContent = work.text;
    $("told").classList.toggle("error", work.is_failed);
    return refresh();
  }
  const seconds = Math.ceil(work.seconds ?? 0).toLocaleString();
  $("told").textContent = say(work.seconds === null ? "working_soon" : "working", { ...work, seconds });
  await new Promise((resolve) => setTimeout(resolve, POLL));
  return watch();
}

async function begin(action, path) {
  $("told").classList.remove("error");
  try {
    await call(action, JSON.stringify({ path }));
    await watch();
  } catch (error) {
    $("told").classList.add("error");
    $("told").textContent = error.message;
  }
}

function listen() {
  $("photo").addEventListener("change", (event) => {
    if (event.target.files[0]) choose(event.target.files[0]);
    event.target.value = "";
  });
  $("search").addEventListener("click", search);
  $("accepts").addEventListener("change", () => photo && search());
  $("group").addEventListener("change", group);
  $("add").addEventListener("submit", (event) => {
    event.preventDefault();
    begin("add", $("folder").value);
  });
  $("calibrate").addEventListener("submit", (event) => {
    event.preventDefault();
    begin("calibrate", $("labeled").value);
  });
  $("stop").addEventListener("click", () => call("stop", ""));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      document.body.classList.toggle("over", kind === "dragover");
    });
  }
  document.addEventListener("drop", (event) => take(event.dataTransfer.files));
  document.addEventListener("paste", (event) => take(event.clipboardData.files));
}

function take(files) {
  if (files.length) choose(files[0]);
}

for (const element of document.querySelectorAll("[data-text]")) {
  element.textContent = say(element.dataset.text);
}
document.title = say("title");
$("frame").setAttribute("aria-label", say("preview"));
await refresh().catch(show);
listen();
take($("photo").files); // chosen before anybody listened
watch().catch(show);
