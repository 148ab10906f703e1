// <caption-explorer src="…/caption-explorer.json">: where a captioning network looks for each word that it writes.
//
// The lesson captioning gives scenes of handwritten digits with the network's words, its weights over the regions for each word,
// and the boxes of the digits that the true caption names.  What stands inside the element is its fallback.

import { Explorer, html, inPageLanguage, svg } from "./shared.js";

const TEXT = {
  en: {
    scene: "scene", number: (i) => `scene ${i}`, words: "Words of the caption", boxes: "boxes of the digits", picture: "The scene, with the weights of the chosen word",
    how: "Choose a word. The darker a region, the less the network looks there. Arrow keys go from word to word.",
    says: (word, percent, row, column) => `For “${word}” the largest weight, ${percent} %, lies on the region in row ${row}, column ${column}.`,
    truth: (caption) => ` True caption: ${caption}.`, right: " The caption is right.", wrong: " The caption is wrong.",
  },
};
const T = inPageLanguage(TEXT);

/** [row, column, weight] of the largest entry of a map. */
export const peak = (map) => map.flatMap((row, r) => row.map((w, c) => [r, c, w])).reduce((best, one) => (one[2] > best[2] ? one : best));

const STYLE = `
@container (min-width: 40rem) { .panes { grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); } }
.scene svg { display: block; width: 100%; max-width: 22rem; height: auto; background: #000; border-radius: .4rem; shape-rendering: crispEdges; }
.box { fill: none; stroke: #ffb000; stroke-width: .35; } .region { fill: #000; } .peak { fill: none; stroke: #ff8c42; stroke-width: .5; }
.words { display: flex; flex-wrap: wrap; gap: .4rem; } .words label { border: 2px solid var(--line); border-radius: .4rem; padding: .1rem .7rem; position: relative; }
.words input { position: absolute; opacity: 0; inset: 0; width: 100%; height: 100%; cursor: pointer; }
.words label:has(:checked) { border-color: var(--q); color: var(--q); font-weight: 700; } .words label:has(:focus-visible) { outline: 3px solid var(--pst-color-accent, var(--q)); outline-offset: 2px; }
.how { margin-top: .8rem; }
`;

class CaptionExplorer extends Explorer {
  static style = STYLE;

  take([file]) {
    Object.assign(this, file); // levels, stride, scenes
  }

  markup() {
    return `
      <div class="controls"><label>${T.scene} <select></select></label><label><input type="checkbox" class="show-boxes"> ${T.boxes}</label></div>
      <div class="panes"><div class="scene"></div><div><fieldset class="words"><legend>${T.words}</legend></fieldset><p class="how">${T.how}</p></div></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    this.$("select").append(...this.scenes.map((_, i) => new Option(T.number(i + 1), i)));
    this.$("select").addEventListener("change", (event) => this.choose(this.scenes[event.target.value]));
    this.$(".show-boxes").addEventListener("change", () => this.draw());
    this.choose(this.scenes[0]);
  }

  /** Show another scene, from its first word on. */
  choose(scene) {
    this.scene = scene;
    this.at = 0;
    const words = scene.words.map((word, t) => {
      const input = html("input", { type: "radio", name: "word", value: t, checked: t === 0 });
      input.addEventListener("change", () => { this.at = t; this.draw(); });
      return html("label", {}, input, word);
    });
    this.$(".words").replaceChildren(this.$(".words legend"), ...words);
    this.draw();
  }

  draw() {
    const { image, alpha, boxes, words, caption } = this.scene, size = image.length, { stride } = this, map = alpha[this.at];
    const picture = svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": T.picture }), [top, left, most] = peak(map);
    image.forEach((row, y) => row.forEach((ink, x) => ink && picture.append(svg("rect", { x, y, width: 1, height: 1, fill: "#fff", "fill-opacity": ink / this.levels }))));
    map.forEach((row, r) => row.forEach((w, c) => picture.append(svg("rect", { class: "region", x: c * stride, y: r * stride, width: stride, height: stride, "fill-opacity": 0.75 * (1 - w / most) }))));
    if (this.$(".show-boxes").checked)
      for (const [y, x, bottom, right] of boxes.filter(Boolean)) picture.append(svg("rect", { class: "box", x, y, width: right - x, height: bottom - y }));
    picture.append(svg("rect", { class: "peak", x: left * stride, y: top * stride, width: stride, height: stride }));
    this.$(".scene").replaceChildren(picture);
    const right = words.join(" ") === caption.join(" ");
    this.$(".says").textContent = T.says(words[this.at], (100 * most).toFixed(0), top + 1, left + 1) + (right ? T.right : T.wrong + T.truth(caption.join(" ")));
  }
}

customElements.define("caption-explorer", CaptionExplorer);
