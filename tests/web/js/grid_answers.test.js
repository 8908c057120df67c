import assert from "node:assert/strict";
import { test } from "node:test";

import { App } from "../../../clients/maskloop/web/static/label/app.js";
import { beginGrid } from "../../../clients/maskloop/web/static/label/grid.js";
import { benchOf } from "./stage_stand_ins.js";

const PICKS = ["a", "b"].map((id) => {
  const image = { id, name: id, width: 9, height: 9 };
  return { image, reason: "", cost_s: 1, score: null };
});

test("a grid that is being handed in takes no more answers: they would be of no grid", () => {
  const bench = benchOf({ todo: PICKS });
  const app = new App(bench, /** @type {any} */ ({}), /** @type {any} */ ({}), /** @type {any} */ ({}));
  bench.store.dispatch({ type: "grid", grid: beginGrid(PICKS) });
  app.answer(1);
  bench.set({ leaving: true });
  app.answer(1);
  assert.deepEqual(bench.store.state.grid?.present.answers, { a: 1 });
  bench.set({ leaving: false });
  app.chooseCategory(1);
  assert.deepEqual(bench.store.state.grid?.present.answers, { a: 1, b: 1 });
});
