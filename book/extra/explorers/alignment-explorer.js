// <alignment-explorer src="…/a.json …/b.json">: walk through what a decoder wrote and see where it looked.
//
// Sentences come from the lesson translation, dates from additive-attention: tokens, weights, gold links, and for each file one
// weight that must be seen here, too (`check`).  What stands inside the element is its fallback: shown until the data are here,
// and where there is no script.

import { Explorer, inPageLanguage, radios, svg } from "./shared.js";

const TEXT = {
  en: {
    groups: { French: "into French", Chinese: "into Chinese", dates: "dates" }, group: "What was written", item: { sentence: "sentence", date: "date" },
    gold: "gold alignment", all: "largest weight of every token", names: { source: "read", output: "written" }, blank: "blank",
    list: (name) => `Tokens ${name}. The arrow keys walk through them.`,
    how: "Point at a token, tap it, or reach it with Tab and the arrow keys. Numbers are weights in percent.",
    keys: { sure: "✓ on a gold link", possible: "○ on a possible one", wrong: "✗ on neither", none: "– not marked" },
    said: { sure: "That is a gold link.", possible: "Gold calls this link possible.", wrong: "That is not a gold link.", none: "Nothing is marked for it." },
    option: (token, weight) => (weight === undefined ? token : `${token}, ${weight} %`),
    looks: (token, parts) => `To write ${token} the network looks at ${parts}.`, seen: (token, parts) => `${token} is looked at for ${parts}.`,
    unseen: (token) => `No token gives ${token} a twentieth of its weight.`, part: (token, weight) => `${token} (${weight} %)`,
    gives: (tokens) => ` Gold: ${tokens}.`, rate: (aer) => `alignment error rate of this sentence ${aer}`, unlike: "The translation is wrong; there is no gold alignment for it.",
  },
};
const T = inPageLanguage(TEXT);
const LANGUAGE = { French: "fr", Chinese: "zh-Hans", dates: "en" };
const MARK = { sure: "✓", possible: "○", wrong: "✗", none: "–" };

/** The source token with the largest weight, for each output token. */
export const links = (item) => item.weights.map((row) => row.indexOf(Math.max(...row)));

/** What gold says of each of these links: "sure", "possible", "wrong"; "none" where it marks nothing. */
export const verdicts = (item) => links(item).map((s, t) => {
  const sure = item.gold[t], possible = item.possible?.[t] ?? [];
  return sure.includes(s) ? "sure" : possible.includes(s) ? "possible" : sure.length + possible.length ? "wrong" : "none";
});

/** Alignment error rate of Och and Ney for the links of the largest weights. */
export function errorRate(item) {
  const found = verdicts(item), sure = found.filter((v) => v === "sure").length, maybe = found.filter((v) => v === "possible").length;
  return 1 - (2 * sure + maybe) / (found.length + item.gold.flat().length);
}

const percent = (weight) => (100 * weight).toFixed(0);

const STYLE = `
:host { --g: var(--v); --bad: var(--z); }
.choice { flex: 1 1 100%; min-width: 0; }
.stage { position: relative; display: grid; grid-template-columns: auto minmax(3rem, 1fr) auto; align-items: center; max-width: 32rem; }
.stage svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; pointer-events: none; }
.output { grid-column: 3; }
.name { display: block; color: var(--muted); font-size: .85em; padding-inline: .5rem; } .source .name { text-align: right; }
.tokens { display: flex; flex-direction: column; gap: 2px; }
.token { display: flex; align-items: center; gap: .35rem; min-height: 1.75rem; padding: 0 .5rem; border-radius: .35rem; cursor: pointer; outline: none; white-space: pre; position: relative;
  background: color-mix(in srgb, var(--hue) calc(var(--w, 0) * 45%), transparent); border: 2px solid transparent; user-select: none; -webkit-user-select: none; }
.source .token { justify-content: flex-end; --hue: var(--k); } .output .token { --hue: var(--q); }
.word { font-size: 1.02em; } .blank { color: var(--muted); } :lang(zh-Hans) .word { font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; font-size: 1.1em; }
.number { min-width: 1.9em; text-align: right; font-size: .82em; font-variant-numeric: tabular-nums; } .source .number { order: -1; margin-right: auto; text-align: left; } .number.zero { color: var(--muted); }
.mark { margin-left: auto; min-width: 1em; font-weight: 700; text-align: center; } .mark.sure, .mark.possible { color: var(--g); } .mark.wrong { color: var(--bad); } .mark.none { color: var(--muted); }
.token.at { border-color: var(--hue); font-weight: 600; } .token.gold { border: 2px dashed var(--g); } .token:focus-visible { outline: 3px solid var(--pst-color-accent, var(--q)); outline-offset: 1px; }
@media (pointer: coarse) { .token { min-height: 2rem; } }
path { fill: none; stroke-linecap: round; } .largest { stroke: var(--muted); stroke-width: 1.5; stroke-opacity: .55; } .largest.sure, .largest.possible { stroke: var(--g); stroke-opacity: .8; } .largest.possible { stroke-dasharray: 1 5; stroke-width: 2.5; }
.largest.wrong { stroke: var(--bad); stroke-opacity: 1; stroke-width: 2; } .sure-link { stroke: var(--g); stroke-width: 1.5; stroke-dasharray: 5 4; stroke-linecap: butt; } .weight { stroke: var(--k); }
.side { display: flex; flex-direction: column; gap: .5rem; } .tally { margin: 0; font-size: .92em; } .tally:empty { display: none; }
.tally span { display: block; font-variant-numeric: tabular-nums; }
.says { min-height: 4.6em; }
@container (min-width: 40rem) {
  .panes:not(.across) { grid-template-columns: minmax(0, 32rem) minmax(9rem, 1fr); }
  .across .stage { grid-template-columns: minmax(0, 1fr); max-width: none; justify-items: center; row-gap: 5.5rem; }
  .across .output { grid-column: 1; } .across .tokens { flex-direction: row; justify-content: center; } .across .source .name, .across .output .name { text-align: center; }
  .across .output { display: flex; flex-direction: column-reverse; }
  .across .token { flex-direction: column; justify-content: center; gap: 0; width: 1.75rem; padding: .1rem 0; } .across .number, .across .mark { min-width: 0; text-align: center; min-height: 1.25em; line-height: 1.25; }
  .across .source .number, .across .mark { margin: 0; } .says { min-height: 3.2em; } .across .tally { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
}
`;

class AlignmentExplorer extends Explorer {
  static style = STYLE;

  take(files) {
    this.files = files;
    this.items = files.flatMap((file) => file.items);
  }

  markup() {
    return `
      <div class="controls"><fieldset><legend>${T.group}</legend></fieldset>
        <label class="choice"><span class="kind"></span> <select></select></label>
        <label><input type="checkbox" class="show-gold"> ${T.gold}</label>
        <label><input type="checkbox" class="show-all" checked> ${T.all}</label></div>
      <div class="panes"><div class="stage"><svg aria-hidden="true"></svg>
          ${["source", "output"].map((side) => `<div class="${side}"><span class="name">${T.names[side]}</span><div class="tokens" role="listbox" aria-label="${T.list(T.names[side])}"></div></div>`).join("")}</div>
        <div class="side"><p class="how">${T.how}</p><p class="tally"></p></div></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    const groups = [...new Set(this.items.map((item) => item.group))];
    radios(this.$("fieldset"), "group", groups.map((group) => [group, T.groups[group] ?? group]), (group) => this.gather(group));
    this.$("select").addEventListener("change", (event) => this.choose(Number(event.target.value)));
    for (const name of [".show-gold", ".show-all"]) this.$(name).addEventListener("change", () => this.update());
    this.$(".stage").addEventListener("pointerleave", () => this.hover());
    new ResizeObserver(() => this.draw()).observe(this.$(".stage"));
    this.gather(this.items[0].group);
  }

  /** Offer the items of a group and show its first. */
  gather(group) {
    this.$(`input[value="${group}"]`).checked = true;
    const options = this.items.flatMap((item, i) => (item.group === group ? [new Option(item.source.join(group === "dates" ? "" : " "), i)] : []));
    this.$("select").replaceChildren(...options);
    this.$(".kind").textContent = group === "dates" ? T.item.date : T.item.sentence;
    this.choose(Number(options[0].value));
  }

  /** Show item number `i`, its first output token chosen. */
  choose(i) {
    this.item = this.items[i];
    this.$("select").value = i;
    this.verdicts = verdicts(this.item);
    this.links = links(this.item);
    this.$(".panes").classList.toggle("across", this.item.group === "dates");
    this.tokens = {};
    for (const side of ["source", "output"]) {
      const list = this.$(`.${side} .tokens`);
      list.lang = side === "source" ? "en" : LANGUAGE[this.item.group] ?? "";
      this.tokens[side] = this.item[side].map((text, index) => this.token(side, text, index));
      list.replaceChildren(...this.tokens[side]);
    }
    this.hovered = undefined;
    this.pin("output", 0);
  }

  token(side, text, index) {
    const node = document.createElement("div");
    node.className = "token";
    node.setAttribute("role", "option");
    node.innerHTML = `<span class="word"></span><span class="number"></span>${side === "output" ? `<span class="mark"></span>` : ""}`;
    node.firstChild.textContent = text === " " ? "␣" : text;
    node.firstChild.classList.toggle("blank", text === " ");
    node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.hover(side, index));
    node.addEventListener("click", () => { this.pin(side, index); node.focus(); });
    node.addEventListener("focus", () => this.pin(side, index));
    node.addEventListener("keydown", (event) => this.press(event, side, index));
    return node;
  }

  press(event, side, index) {
    const last = this.tokens[side].length - 1;
    const to = { ArrowLeft: index - 1, ArrowUp: index - 1, ArrowRight: index + 1, ArrowDown: index + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.tokens[side][Math.min(last, Math.max(0, to))].focus();
  }

  /** Choose a token until another is chosen. */
  pin(side, index) {
    this.pinned = { side, index };
    this.hovered = undefined;
    this.update();
  }

  /** Show a token while the pointer rests on it; without arguments, the chosen one again. */
  hover(side, index) {
    this.hovered = side && { side, index };
    this.update();
  }

  /** The token that is shown, and its weights with the tokens of the other side. */
  get at() {
    const { side, index } = this.hovered ?? this.pinned, { weights } = this.item;
    return { side, index, weights: side === "output" ? weights[index] : weights.map((row) => row[index]) };
  }

  /** Everything that follows from item, token and switches. */
  update() {
    const { side, index, weights } = this.at, { item, verdicts: found } = this, gold = this.$(".show-gold").checked;
    const other = side === "output" ? "source" : "output";
    for (const [where, nodes] of Object.entries(this.tokens)) nodes.forEach((node, i) => {
      const here = where === side && i === index, weight = where === other ? percent(weights[i]) : undefined;
      const pair = side === "output" ? [index, i] : [i, index]; // output token, source token
      node.classList.toggle("at", here);
      node.classList.toggle("gold", gold && where === other && item.gold[pair[0]].includes(pair[1]));
      node.style.setProperty("--w", where === other ? weights[i] : 0);
      node.setAttribute("aria-selected", here);
      node.setAttribute("aria-label", T.option(item[where][i] === " " ? T.blank : item[where][i], weight));
      node.querySelector(".number").textContent = weight ?? "";
      node.querySelector(".number").classList.toggle("zero", weight === "0");
      if (where === "output") {
        node.querySelector(".mark").textContent = gold ? MARK[found[i]] : "";
        node.querySelector(".mark").className = `mark ${found[i]}`;
      }
      const home = where === this.pinned.side ? this.pinned.index : side === where ? index : this.links[0] * (where === "source");
      node.tabIndex = i === home ? 0 : -1; // one Tab stop a row, the arrow keys within
    });
    this.$(".tally").replaceChildren(...(gold ? this.tally() : []));
    this.draw();
    clearTimeout(this.pause); // one sentence when the reader rests, not one a step
    this.pause = setTimeout(() => this.say(), 250);
  }

  tally() {
    if (!this.item.right) return [T.unlike];
    const lines = Object.entries(T.keys).map(([name, text]) => [this.verdicts.filter((v) => v === name).length, text]).filter(([n]) => n).map(([n, text]) => `${n} × ${text}`);
    if (this.item.possible) lines.push(T.rate(errorRate(this.item).toFixed(2)));
    return lines.map((text) => Object.assign(document.createElement("span"), { textContent: text }));
  }

  /** The lines between the two rows. */
  draw() {
    if (!this.pinned) return;
    const stage = this.$(".stage").getBoundingClientRect(), across = this.tokens.output[0].getBoundingClientRect().top > this.tokens.source[0].getBoundingClientRect().bottom
      && getComputedStyle(this.$(".tokens")).flexDirection === "row";
    const end = (node, first) => {
      const box = node.getBoundingClientRect();
      return across ? [box.left + box.width / 2 - stage.left, (first ? box.bottom : box.top) - stage.top] : [(first ? box.right : box.left) - stage.left, box.top + box.height / 2 - stage.top];
    };
    const path = (t, s, attributes) => {
      const [x, y] = end(this.tokens.source[s], true), [u, v] = end(this.tokens.output[t], false), [a, b] = [(x + u) / 2, (y + v) / 2];
      return svg("path", { d: across ? `M${x} ${y}C${x} ${b} ${u} ${b} ${u} ${v}` : `M${x} ${y}C${a} ${y} ${a} ${v} ${u} ${v}`, ...attributes });
    };
    const { side, index, weights } = this.at, { item } = this, gold = this.$(".show-gold").checked, lines = [];
    if (gold) item.gold.forEach((row, t) => row.length === 1 && lines.push(path(t, row[0], { class: "sure-link" })));
    if (this.$(".show-all").checked) this.links.forEach((s, t) => lines.push(path(t, s, { class: `largest ${gold ? this.verdicts[t] : ""}` })));
    weights.forEach((w, i) => w >= 0.01 && lines.push(path(...(side === "output" ? [index, i] : [i, index]), { class: "weight", "stroke-width": 1 + 7 * w, "stroke-opacity": 0.2 + 0.7 * w })));
    this.$("svg").replaceChildren(...lines);
  }

  say() {
    const { side, index, weights } = this.at, { item } = this, other = side === "output" ? "source" : "output", gold = this.$(".show-gold").checked;
    const named = (where, i) => (item[where][i] === " " ? T.blank : `“${item[where][i]}”`);
    const order = weights.map((w, i) => [w, i]).sort(([a], [b]) => b - a).filter(([w], rank) => w >= 0.05 || (side === "output" && rank === 0)).slice(0, 4);
    const parts = order.map(([w, i]) => T.part(named(other, i), percent(w))).join(", ");
    let text = side === "output" ? T.looks(named(side, index), parts) : order.length ? T.seen(named(side, index), parts) : T.unseen(named(side, index));
    if (gold && side === "output") {
      const marked = item.gold[index].map((s) => named("source", s)).join(", ");
      text += `${marked && T.gives(marked)} ${T.said[this.verdicts[index]]}`;
    }
    this.$(".says").textContent = text;
  }
}

customElements.define("alignment-explorer", AlignmentExplorer);
