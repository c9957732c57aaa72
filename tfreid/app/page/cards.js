// The answers as cards. Whatever names hold is text here, never markup.

export function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// Distractors and junk are nobody.
const isPerson = ({ pid }) => typeof pid === "string" || pid > 0;

export function makeCard(match, measure, say, mark) {
  const card = make("li", "card");
  const camera = match.camid === null ? say("camid_unknown") : say("camid", match);
  const person = isPerson(match) ? say("pid", match) : "";
  card.append(
    makePicture(match, say),
    make("div", "line", make("b", "", `${match.rank}`), `${say(measure)} ${match[measure].toFixed(3)}`),
    makeSureness(match, say),
    make("div", "line", make("span", "", camera), make("span", "", person)),
    make("div", "path", match.time ? say("file_time", match) : ""),
    makePath(match),
    makeMarks(card, match, say, mark),
  );
  return card;
}

// What the calibration says of a match; nothing without one.
function makeSureness({ alike, expected_strangers: strangers, bar }, say) {
  if (!alike) return "";
  const number = Number(strangers.toPrecision(2));
  const meter = Object.assign(make("meter"), { max: bar.of, value: bar.full });
  meter.setAttribute("aria-label", say(alike));
  return make("div", "line", make("b", "", say(alike)), meter, say("strangers", { number }));
}

// Cards of one person, or camera, one after the other under their name; as they come without `by`.
export function arrange(shown, by, say) {
  const groups = new Map();
  for (const { match, card } of shown) {
    const label = by === "pid" && !isPerson(match) ? null : by && match[by];
    groups.set(label, [...(groups.get(label) ?? []), card]);
  }
  const name = (label) => say(label === null ? `${by}_unknown` : by, { [by]: label });
  const head = (label, count) => make("li", "group", name(label), say("group_count", { count }));
  return [...groups].flatMap(([label, cards]) => (by ? [head(label, cards.length), ...cards] : cards));
}

function makePicture(match, say) {
  const image = make("img");
  image.alt = match.name;
  image.src = `picture/${match.id}`;
  const picture = make("div", "picture", image);
  image.addEventListener("error", () => picture.replaceChildren(say("gone")));
  return picture;
}

function makePath(match) {
  const path = make("div", "path", match.name);
  path.title = `${match.folder}/${match.name}`;
  return path;
}

function makeMarks(card, match, say, mark) {
  const buttons = { same: make("button", "", say("same")), not: make("button", "", say("not")) };
  const show = (chosen) => {
    card.classList.toggle("same", chosen === "same");
    card.classList.toggle("not", chosen === "not");
    for (const [name, button] of Object.entries(buttons)) {
      button.setAttribute("aria-pressed", name === chosen);
    }
  };
  for (const [name, button] of Object.entries(buttons)) {
    button.addEventListener("click", async () => {
      const chosen = button.getAttribute("aria-pressed") === "true" ? null : name;
      if (await mark(match.id, chosen && chosen === "same")) show(chosen);
    });
  }
  show(null);
  return make("div", "marks", ...Object.values(buttons));
}
