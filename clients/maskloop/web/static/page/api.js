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

/**
 * @typedef {{
 *   annotator: string, needs_token: boolean, signed_in: boolean, has_own_token: boolean, may_lead: boolean,
 *   may_create: boolean, is_run: boolean,
 * }} MeDocument
 *   `has_own_token`: everybody signs in with a token of their own, which says what they are called and may do.
 */
/**
 * @typedef {{id: string, name: string, categories: Category[], campaigns: string[], active_model: string}}
 *   ProjectDocument
 */
/**
 * @typedef {{campaign: string, kind: Kind | "", images: number, request_id: string, for_test: boolean}} WishDocument
 *   `for_test`: of images that are to measure networks.
 */
/** @typedef {"unusable" | "unsure" | "off_topic"} SkipReason */
/** @typedef {{project: string, annotator: string}} Hands whose hands work is in. */

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

/** @returns {Promise<object>} */
export const signOut = () => fetchJson("POST", "/api/sign-out");

/** @returns {Promise<{projects: {id: string, name: string}[]}>} */
export const listProjects = () => fetchJson("GET", "/api/projects");

/**
 * @param {string} id
 * @returns {Promise<ProjectDocument>}
 */
export const readProject = (id) => fetchJson("GET", at(id));

/**
 * @param {Hands} hands
 * @param {WishDocument} wish
 * @returns {Promise<BatchDocument>}
 */
export const lease = ({ project, annotator }, wish) =>
  fetchJson("POST", `${at(project)}/batches`, wish, { annotator });

/**
 * @param {Hands} hands
 * @param {string} batch
 * @returns {Promise<BatchDocument>}
 */
export const renew = ({ project, annotator }, batch) =>
  fetchJson("POST", `${batchAt(project, batch)}/renew`, {}, { annotator });

/**
 * @param {Hands} hands
 * @param {string} batch
 * @param {string[]} images
 * @returns {Promise<object>}
 */
export const release = ({ project, annotator }, batch, images) =>
  fetchJson("POST", `${batchAt(project, batch)}/release`, { images }, { annotator });

/**
 * @param {Hands} hands
 * @param {string} batch
 * @param {{image: string, reason: SkipReason}} which
 * @returns {Promise<object>}
 */
export const skip = ({ project, annotator }, batch, which) =>
  fetchJson("POST", `${batchAt(project, batch)}/skip`, which, { annotator });

/**
 * @param {Hands} hands
 * @param {string} batch
 * @param {string} image
 * @returns {Promise<SheetDocument>}
 */
export const sheet = ({ project, annotator }, batch, image) =>
  fetchJson("GET", `${batchAt(project, batch)}/images/${part(image)}`, undefined, { annotator });

/**
 * What is on record of an image, to be corrected.
 *
 * @param {string} project
 * @param {string} image
 * @param {Kind} kind
 * @returns {Promise<SheetDocument>}
 */
export const recordedSheet = (project, image, kind) =>
  fetchJson("GET", `${at(project)}/images/${part(image)}/sheet?kind=${kind}`);

/**
 * @param {string} project
 * @param {string} image
 * @param {PromptDocument[]} prompts
 * @param {string} modelVersion "" for the active one.
 * @param {AbortSignal} [signal]
 * @returns {Promise<PromptedDocument>}
 */
export const propose = (project, image, prompts, modelVersion, signal) =>
  fetchJson(
    "POST",
    `${at(project)}/images/${part(image)}/propose`,
    { prompts, model_version: modelVersion },
    { signal },
  );

/**
 * @param {Hands} hands
 * @param {{batch: string, request_id: string, labels: DraftDocument[]}} handIn
 * @returns {Promise<{labels: LabelDocument[]}>}
 */
export const submit = ({ project, annotator }, handIn) =>
  fetchJson("POST", `${at(project)}/labels`, handIn, { annotator });

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
