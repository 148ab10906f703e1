// What the explorers share: reading their data, keeping the fallback where there are none, and the look of their controls.
//
// An explorer extends `Explorer` with `static style`, and three methods: `take(files)` keeps what it needs of the parsed files
// (and may wait for pictures), `markup()` gives the HTML of the shadow tree, `start()` binds events and shows the first state.

/** The texts of an explorer in the language of the page; English where there are none. */
export const inPageLanguage = (texts) => texts[document.documentElement.lang] ?? texts.en;

/** A number as it is read: a true minus sign, and no "−0.00". */
export const show = (number, digits = 2) => {
  if (number === -Infinity) return "−∞";
  const text = number.toFixed(digits);
  return (Number(text) === 0 ? (0).toFixed(digits) : text).replace("-", "−");
};

/** A new SVG element. */
export const svg = (name, attributes = {}, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

/** A new HTML element. */
export const html = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};

/** Fill `fieldset` with a radio button for each of `choices`, [value, label]; `choose(value)` is told of each change. */
export function radios(fieldset, name, choices, choose) {
  for (const [value, label] of choices) {
    const button = html("input", { type: "radio", name, value });
    button.addEventListener("change", () => choose(value));
    fieldset.append(html("label", {}, button, ` ${label}`));
  }
}

const STYLE = `
:host { display: block; container-type: inline-size; color: var(--pst-color-text-base, #222); font-size: .95rem; line-height: 1.45;
  --q: var(--course-query, #b84f00); --k: var(--course-key, #0068a3); --v: var(--course-value, #007a5a); --z: var(--course-output, #a0407c);
  --muted: var(--pst-color-text-muted, #575f69); --line: var(--pst-color-border, #ccc); }
* { box-sizing: border-box; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding-bottom: .75rem; margin-bottom: 1rem; border-bottom: 1px solid var(--line); }
fieldset { border: 0; padding: 0; margin: 0; min-width: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
legend { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
label { display: inline-flex; align-items: center; gap: .4rem; min-height: 2rem; cursor: pointer; }
input { accent-color: var(--q); margin: 0; }
select { font: inherit; color: inherit; background: var(--pst-color-background, #fff); border: 1px solid var(--muted); border-radius: .4rem; padding: .2rem .4rem; min-height: 2rem; flex: 0 1 auto; min-width: 0; max-width: 100%; text-overflow: ellipsis; }
output { font-variant-numeric: tabular-nums; }
button { font: inherit; color: inherit; background: none; border: 1px solid currentColor; border-radius: .4rem; padding: .2rem .8rem; min-height: 2rem; cursor: pointer; }
button:hover { background: var(--pst-color-surface, #eee); } button:disabled { color: var(--muted); cursor: default; background: none; }
:is(input, select, button):focus-visible { outline: 3px solid var(--pst-color-accent, var(--q)); outline-offset: 2px; }
.tile { display: block; min-height: 0; text-align: center; font-size: .76em; line-height: 1.3; border: 2px solid var(--line); border-radius: .35rem; padding: 2px; position: relative; overflow: hidden; }
.tile input { position: absolute; opacity: 0; inset: 0; width: 100%; height: 100%; cursor: pointer; }
.tile:has(:checked) { border-color: var(--q); font-weight: 700; color: var(--q); } .tile:has(:focus-visible) { outline: 3px solid var(--pst-color-accent, var(--q)); outline-offset: 2px; }
.panes { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem 1.75rem; align-items: start; }
.how { margin: 0; color: var(--muted); font-size: .92em; }
.says { margin: 1rem 0 0; padding-top: .6rem; border-top: 1px solid var(--line); min-height: 3.2em; }
`;

/** A radio button with a picture over its name: a `.tile`, to be put into a fieldset. */
export function tile(name, value, label, picture, choose) {
  const input = html("input", { type: "radio", name, value });
  input.addEventListener("change", () => choose(value));
  return html("label", { className: "tile" }, input, picture, html("span", { textContent: label }));
}

/** An element that reads the JSON files named in `src`, blanks between, and then replaces its fallback. */
export class Explorer extends HTMLElement {
  async connectedCallback() {
    if (this.shadowRoot) return;
    try {
      const replies = await Promise.all(this.getAttribute("src").split(" ").map((address) => fetch(address)));
      if (!replies.every((reply) => reply.ok)) return; // the fallback stays
      await this.take(await Promise.all(replies.map((reply) => reply.json())));
    } catch (reason) {
      console.warn(reason);
      return;
    }
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${STYLE}${this.constructor.style}</style>${this.markup()}`;
    this.$ = (selector) => root.querySelector(selector);
    this.start();
    this.dataset.ready = "";
  }

  /** Have `say()` speak when the reader rests: one sentence, not one a step. */
  sayLater() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.say(), 250);
  }
}
