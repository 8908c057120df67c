// Photographs on their way to the server: small packs, one after the other. Each is tried again where the connection
// breaks.

import { ApiError } from "../page/fetch_json.js";
/** @typedef {import("./folder.js").Photo} Photo */
/** @typedef {import("../lead/wire.js").TakenAnswer} TakenAnswer */
/** @typedef {{done: number, of: number, taken: number, refused: [string, string][]}} Standing */

const PACK_BYTES = 8 * 2 ** 20;
const PACK_FILES = 32;
const MOST_BYTES = 60 * 2 ** 20;
const PAUSES_MS = [500, 2000, 5000];

/**
 * Photos in packs of at most so many files and, unless one alone is larger, so many bytes.
 *
 * @param {readonly Photo[]} photos
 * @param {{bytes?: number, files?: number}} [most]
 * @returns {Photo[][]}
 */
export function packsOf(photos, { bytes = PACK_BYTES, files = PACK_FILES } = {}) {
  /** @type {Photo[][]} */
  const packs = [];
  let size = 0;
  for (const photo of photos) {
    const pack = packs.at(-1);
    if (pack && pack.length < files && size + photo.file.size <= bytes) {
      pack.push(photo);
      size += photo.file.size;
    } else {
      packs.push([photo]);
      size = photo.file.size;
    }
  }
  return packs;
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/**
 * An upload that can be gone on with: what is in stays in, and a picture that is sent twice changes nothing.
 */
export class Upload {
  /**
   * @param {string} project
   * @param {readonly Photo[]} photos
   * @param {(standing: Standing) => void} told after every pack
   * @param {(ms: number) => Promise<void>} sleep
   */
  constructor(project, photos, told, sleep = pause) {
    const fits = photos.filter(({ file }) => file.size <= MOST_BYTES);
    this.project = project;
    this.told = told;
    this.sleep = sleep;
    this.packs = packsOf(fits);
    /** @type {Standing} */
    this.standing = { done: photos.length - fits.length, of: photos.length, taken: 0, refused: tooLarge(photos) };
  }

  /**
   * Sends what is still to be sent.
   *
   * @throws {ApiError} a pack could not be brought in; calling this again goes on with it
   */
  async run() {
    for (let pack = this.packs[0]; pack; pack = this.packs[0]) {
      const { taken, refused } = await this.#tryHard(pack);
      this.packs.shift();
      const before = this.standing;
      this.standing = {
        ...before,
        done: before.done + pack.length,
        taken: before.taken + taken,
        refused: [...before.refused, ...refused],
      };
      this.told(this.standing);
    }
  }

  /**
   * @param {Photo[]} pack
   * @returns {Promise<TakenAnswer>}
   */
  async #tryHard(pack) {
    for (const wait of PAUSES_MS) {
      try {
        return await send(this.project, pack);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.passing || error.status === 401) {
          throw error;
        }
        await this.sleep(wait);
      }
    }
    return send(this.project, pack);
  }
}

/**
 * @param {readonly Photo[]} photos
 * @returns {[string, string][]}
 */
const tooLarge = (photos) =>
  photos
    .filter(({ file }) => file.size > MOST_BYTES)
    .map(({ name, file }) => [name, `has ${Math.round(file.size / 2 ** 20)} MiB; 60 are the most`]);

/**
 * @param {string} project
 * @param {Photo[]} pack
 * @returns {Promise<TakenAnswer>}
 */
async function send(project, pack) {
  const body = new FormData();
  for (const { name, file } of pack) {
    body.append("images", file, name);
  }
  let response;
  try {
    response = await fetch(`/api/projects/${encodeURIComponent(project)}/lead/images`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-Maskloop": "1" },
      body,
    });
  } catch {
    throw new ApiError(0, {});
  }
  const told = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new ApiError(response.status, told?.error ?? {});
  }
  return told;
}
