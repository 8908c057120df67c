// What `tests/web/test_js.py` asks of the page's modules: a question as JSON comes in, and the answer goes out.

import { readFileSync } from "node:fs";

import { decodeRle, encodeRle } from "../../../clients/maskloop/web/static/core/rle.js";
import { draftsOfAllKinds } from "./drafts.js";
import { laidOut, maskOf } from "./reference.js";
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").MaskDocument} MaskDocument */

/** @type {Record<string, (asked: any) => unknown>} */
const ANSWERS = {
  /** @param {MaskDocument[]} documents */
  decode: (documents) =>
    documents.map((document) => {
      const mask = decodeRle(document);
      const { x, y, width, height } = mask;
      return { box: [x, y, width, height], rows: laidOut(mask, document.width, document.height) };
    }),
  /** @param {number[][][]} pictures */
  encode: (pictures) => pictures.map((rows) => encodeRle(maskOf(rows), rows.length, rows[0].length)),
  drafts: () => draftsOfAllKinds(),
};

const { question, of } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(ANSWERS[question](of)));
