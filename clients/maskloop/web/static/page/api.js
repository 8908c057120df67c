// What the page asks the server, one function a question. Paths stand here and nowhere else.

import { fetchJson } from "./fetch_json.js";

/** @typedef {import("../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../core/wire.js").Category} Category */
/** @typedef {import("../core/wire.js").DraftDocument} DraftDocument */
/** @typedef {import("../core/wire.js").Kind} Kind */
/** @typedef {import("../core/wire.js").LabelDocument} LabelDocument */
/** @typedef {import("../core/wire.js").PromptDocument} PromptDocument */
/** @typedef {import("../core/wire.js").PromptedDocument} PromptedDocument */
/** @typedef {import("../core/wire.js").SheetDocument} SheetDocument */

/** @typedef {{annotator: string, needs_token: boolean, signed_in: boolean, is_run: boolean}} MeDocument */
/**
 * @typedef {{id: string, name: string, categories: Category[], campaigns: string[], active_model: string}}
 *   ProjectDocument
 */
/** @typedef {{campaign: string, kind: Kind | "", images: number, request_id: string}} WishDocument */
/** @typedef {"unusable" | "unsure" | "off_topic"} SkipReason */

const part = encodeURIComponent;

/** @param {string} project */
const at = (project) => `/api/projects/${part(project)}`;

/**
 * @param {string} project
 * @param {string} batch
 */
const batchAt = (project, batch) => `${at(project)}/batches/${part(batch)}`;

/** @returns {Promise<MeDocument>} */
export const me = () => fetchJson("GET", "/api/me");

/**
 * @param {string} annotator
 * @returns {Promise<object>}
 */
export const saveMe = (annotator) => fetchJson("POST", "/api/me", { annotator });

/**
 * @param {string} token
 * @returns {Promise<object>}
 */
export const signIn = (token) => fetchJson("POST", "/api/sign-in", { token });

/** @returns {Promise<{projects: {id: string, name: string}[]}>} */
export const listProjects = () => fetchJson("GET", "/api/projects");

/**
 * @param {string} id
 * @returns {Promise<ProjectDocument>}
 */
export const readProject = (id) => fetchJson("GET", at(id));

/**
 * @param {string} project
 * @param {WishDocument} wish
 * @returns {Promise<BatchDocument>}
 */
export const lease = (project, wish) => fetchJson("POST", `${at(project)}/batches`, wish);

/**
 * @param {string} project
 * @param {string} batch
 * @returns {Promise<BatchDocument>}
 */
export const renew = (project, batch) => fetchJson("POST", `${batchAt(project, batch)}/renew`);

/**
 * @param {string} project
 * @param {string} batch
 * @param {string[]} images
 * @returns {Promise<object>}
 */
export const release = (project, batch, images) => fetchJson("POST", `${batchAt(project, batch)}/release`, { images });

/**
 * @param {string} project
 * @param {string} batch
 * @param {string} image
 * @param {SkipReason} reason
 * @returns {Promise<object>}
 */
export const skip = (project, batch, image, reason) =>
  fetchJson("POST", `${batchAt(project, batch)}/skip`, { image, reason });

/**
 * @param {string} project
 * @param {string} batch
 * @param {string} image
 * @returns {Promise<SheetDocument>}
 */
export const sheet = (project, batch, image) => fetchJson("GET", `${batchAt(project, batch)}/images/${part(image)}`);

/**
 * @param {string} project
 * @param {string} image
 * @param {PromptDocument[]} prompts
 * @param {string} modelVersion "" for the active one.
 * @param {AbortSignal} [signal]
 * @returns {Promise<PromptedDocument>}
 */
export const propose = (project, image, prompts, modelVersion, signal) =>
  fetchJson("POST", `${at(project)}/images/${part(image)}/propose`, { prompts, model_version: modelVersion }, signal);

/**
 * @param {string} project
 * @param {{batch: string, request_id: string, labels: DraftDocument[]}} handIn
 * @returns {Promise<{labels: LabelDocument[]}>}
 */
export const submit = (project, handIn) => fetchJson("POST", `${at(project)}/labels`, handIn);

/**
 * Where a tile of 512 px lies; level 0 is full resolution.
 *
 * @param {string} project
 * @param {string} image
 * @param {number} level
 * @param {number} x
 * @param {number} y
 * @returns {string}
 */
export const tileUrl = (project, image, level, x, y) => `${at(project)}/images/${part(image)}/tiles/${level}/${x}/${y}`;
