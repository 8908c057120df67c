// How far a batch is, for when the page is loaded again: a figure that people can do without, where the disk is full
// or is not read.

/** @typedef {import("../../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("./database.js").Database} Database */
/** @typedef {{total: number, charged: number}} Progress images in all, and seconds charged so far. */

/**
 * @param {Database} database
 * @param {BatchDocument} batch
 * @returns {Promise<Progress>}
 */
export async function progressOf(database, { project, id, picks }) {
  /** @type {Progress | undefined} */
  const kept = await database.get("progress", [project, id]).catch(() => undefined);
  return { total: Math.max(kept?.total ?? 0, picks.length), charged: kept?.charged ?? 0 };
}

/**
 * @param {Database} database
 * @param {BatchDocument} batch
 * @param {Progress} progress
 */
export async function keepProgress(database, { project, id }, progress) {
  await database.change([{ store: "progress", put: { project, batch: id, ...progress } }]).catch(() => {});
}
