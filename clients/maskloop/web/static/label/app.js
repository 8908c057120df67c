// What commands can do beyond changing the label: the tool in hand, what is shown, the way on.

import { answerFocus } from "./grid.js";
import { chooseCategory, itemOf, markAt, select, setCount, setMarkCategory, togglePresent } from "./sheet.js";
import { stopAsking } from "./tools/asking.js";
import { TOOLS_OF } from "./tools/tools.js";

/** @typedef {import("./bench.js").Bench} Bench */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./state.js").Offer} Offer */
/** @typedef {import("./state.js").ToolName} ToolName */
/** @typedef {import("./tools/tool.js").Tool} Tool */

const MARGIN = 40;

export class App {
  #tools;
  #offers;

  /**
   * @param {Bench} bench
   * @param {Session} session
   * @param {Record<ToolName, Tool>} tools
   * @param {Record<Offer, () => void>} offers what each offer of the veil or a banner does.
   */
  constructor(bench, session, tools, offers) {
    this.bench = bench;
    this.session = session;
    this.#tools = tools;
    this.#offers = offers;
  }

  /** @param {Offer} offer */
  accept(offer) {
    this.#offers[offer]();
  }

  /** @param {ToolName} tool */
  takeTool(tool) {
    const { batch, tool: before } = this.bench.store.state;
    if (batch && TOOLS_OF[batch.kind].includes(tool) && tool !== before) {
      this.#abandon(before);
      this.bench.set({ tool, sketch: null });
    }
  }

  /** @param {ToolName} tool whose drawing goes. */
  #abandon(tool) {
    const held = this.#tools[tool];
    if (held.abandon) {
      held.abandon();
    } else {
      held.cancel();
    }
  }

  submit() {
    const { sketch, tool } = this.bench.store.state;
    if (sketch?.kind === "area") {
      this.#tools[tool].finish?.();
    } else {
      void this.session.submit();
    }
  }

  undo() {
    const { sketch, tool, leaving } = this.bench.store.state;
    if (leaving) {
      return; // it is handed in as it is
    }
    const hasStepped = sketch?.kind === "area" && this.#tools[tool].stepBack?.();
    if (!hasStepped) {
      this.bench.store.dispatch({ type: "undo" });
    }
  }

  redo() {
    if (this.bench.store.state.leaving) {
      return;
    }
    this.bench.store.dispatch({ type: "redo" });
  }

  /** One step out of what is being done. */
  escape() {
    const { sketch, tool, batch, also, asking } = this.bench.store.state;
    const first = (batch && TOOLS_OF[batch.kind][0]) ?? "select";
    if (asking.length) {
      stopAsking();
    } else if (sketch) {
      this.#abandon(tool);
      this.bench.set({ sketch: null });
    } else if (also.size) {
      this.bench.set({ also: new Set() });
    } else if (tool !== first) {
      this.takeTool(first);
    } else {
      this.bench.look((sheet) => select(sheet, null));
    }
  }

  /**
   * A class was named, by its key or its button.
   *
   * @param {number} category
   * @param {boolean} [less] the other way round, with Shift: one fewer.
   */
  chooseCategory(category, less = false) {
    const { bench } = this;
    const { grid } = bench.store.state;
    const kind = bench.sheet?.kind;
    if (grid) {
      this.answer(category);
    } else if (kind === "image_level") {
      bench.edit((sheet) => togglePresent(sheet, category));
    } else if (kind === "counts") {
      bench.edit((sheet) => setCount(sheet, category, (sheet.counts[category] ?? 0) + (less ? -1 : 1)));
    } else {
      this.#nameNext(category);
    }
  }

  /** @param {number} category of the image in focus; 0: it holds nothing. */
  answer(category) {
    const { grid, todo, leaving } = this.bench.store.state;
    if (grid && !leaving) {
      const seconds = this.bench.secondsSinceChange();
      this.bench.store.dispatch({ type: "answer", grid: answerFocus(grid.present, todo, category, seconds) });
    }
  }

  /** Bring what is selected into view, as little as that takes. */
  reveal() {
    const { sheet, stage } = this.bench;
    const mask = sheet && itemOf(sheet, sheet.selected)?.mask;
    if (!sheet || !mask) {
      return;
    }
    const [left, top] = stage.viewport.toScreen(mask.x, mask.y);
    const [right, bottom] = stage.viewport.toScreen(mask.x + mask.width, mask.y + mask.height);
    const { width, height } = stage.viewport;
    const fits = right - left <= width && bottom - top <= height;
    if (fits && left >= 0 && top >= 0 && right <= width && bottom <= height) {
      return;
    }
    if (fits) {
      stage.show(stage.viewport.panBy(width / 2 - (left + right) / 2, height / 2 - (top + bottom) / 2));
    } else {
      stage.show(stage.viewport.fit(sheet.image.width, sheet.image.height, { margin: MARGIN, box: mask }));
    }
  }

  /**
   * The class of what is selected, and of what is drawn next. Choosing a class for the next is no step to undo.
   *
   * @param {number} category
   */
  #nameNext(category) {
    const { bench } = this;
    const { sheet } = bench;
    if (!sheet) {
      return;
    }
    const mark = markAt(sheet, sheet.selected);
    if (mark) {
      bench.edit((state) => ({ ...setMarkCategory(state, mark.key, category), category }));
    } else if (itemOf(sheet, sheet.selected)) {
      bench.edit((state) => chooseCategory(state, category));
    } else {
      bench.look((state) => chooseCategory(state, category));
    }
  }
}
