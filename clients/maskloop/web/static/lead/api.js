// What leads ask of the page's server.

import { fetchJson } from "../page/fetch_json.js";
import { newRequestId } from "../page/request_id.js";
/** @typedef {import("./wire.js").ProjectDocument} ProjectDocument */
/** @typedef {import("./wire.js").CampaignAnswer} CampaignAnswer */
/** @typedef {import("./wire.js").BatchesAnswer} BatchesAnswer */
/** @typedef {import("./wire.js").ReviewAnswer} ReviewAnswer */
/** @typedef {import("./wire.js").NetworksAnswer} NetworksAnswer */
/** @typedef {import("./wire.js").GalleryAnswer} GalleryAnswer */
/** @typedef {import("./wire.js").ChoicesAnswer} ChoicesAnswer */
/** @typedef {import("./wire.js").AuditAnswer} AuditAnswer */
/** @typedef {import("./wire.js").RoundDocument} RoundDocument */
/** @typedef {import("./wire.js").OperationDocument} OperationDocument */

/** @param {string} project */
export const projectPath = (project) => `/api/projects/${encodeURIComponent(project)}`;

/** @param {string} project */
const lead = (project) => `${projectPath(project)}/lead`;

/**
 * @param {string} project
 * @param {string} campaign
 */
const ofCampaign = (project, campaign) => `${lead(project)}/campaigns/${encodeURIComponent(campaign)}`;

/** @returns {Promise<{projects: {id: string, name: string}[]}>} */
export const readProjects = () => fetchJson("GET", "/api/projects");

/**
 * @param {string} project
 * @returns {Promise<ProjectDocument>}
 */
export const readProject = (project) => fetchJson("GET", projectPath(project));

/**
 * @param {string} project
 * @param {string} campaign
 * @returns {Promise<CampaignAnswer>}
 */
export const readCampaign = (project, campaign) => fetchJson("GET", ofCampaign(project, campaign));

/**
 * @param {string} project
 * @param {string} campaign
 * @returns {Promise<BatchesAnswer>}
 */
export const readBatches = (project, campaign) =>
  fetchJson("GET", `${lead(project)}/batches?campaign=${encodeURIComponent(campaign)}`);

/**
 * @param {string} project
 * @returns {Promise<ReviewAnswer>}
 */
export const readReview = (project) => fetchJson("GET", `${lead(project)}/review`);

/**
 * @param {string} project
 * @returns {Promise<NetworksAnswer>}
 */
export const readNetworks = (project) => fetchJson("GET", `${lead(project)}/networks`);

/**
 * @param {string} project
 * @param {number} first
 * @returns {Promise<GalleryAnswer>}
 */
export const readGallery = (project, first) => fetchJson("GET", `${lead(project)}/gallery?first=${first}`);

/**
 * @param {string} project
 * @param {{annotator: string, action: string, page: string}} which "" for all, and for the first page
 * @returns {Promise<AuditAnswer>}
 */
export const readAudit = (project, which) => fetchJson("GET", `${lead(project)}/audit?${new URLSearchParams(which)}`);

/** @returns {Promise<ChoicesAnswer>} */
export const readChoices = () => fetchJson("GET", "/api/lead/choices");

/**
 * @param {string} project
 * @param {string} campaign
 * @param {string} budget such as 12h
 * @returns {Promise<{budget_s: number | null, budget_images: number | null}>}
 */
export const changeBudget = (project, campaign, budget) =>
  fetchJson("POST", `${ofCampaign(project, campaign)}/budget`, { budget, request_id: newRequestId() });

/**
 * @param {string} project
 * @param {string} campaign
 * @returns {Promise<{files: string[]}>}
 */
export const writeReport = (project, campaign) => fetchJson("POST", `${ofCampaign(project, campaign)}/report`);

/**
 * @param {string} project
 * @param {string} campaign
 * @param {string} name
 */
export const reportAddress = (project, campaign, name) => `${ofCampaign(project, campaign)}/report/${name}`;

/**
 * @param {string} project
 * @param {string} kind
 */
export const labelsAddress = (project, kind) => `${lead(project)}/labels/${kind}`;

/**
 * @param {string} project
 * @param {string} version
 * @returns {Promise<{active: string}>}
 */
export const activate = (project, version) =>
  fetchJson("POST", `${lead(project)}/activate`, { model_version: version });

/**
 * @param {string} project
 * @returns {Promise<{active: string}>}
 */
export const rollBack = (project) => fetchJson("POST", `${lead(project)}/rollback`);

/**
 * @param {string} project
 * @param {"train" | "score" | "evaluate"} kind
 * @param {string} version "" for the active one
 * @returns {Promise<OperationDocument>}
 */
export const startWork = (project, kind, version) =>
  fetchJson("POST", `${lead(project)}/work`, { kind, model_version: version, request_id: newRequestId() });

/**
 * @param {string} project
 * @param {string} operation
 * @returns {Promise<object>}
 */
export const cancelWork = (project, operation) =>
  fetchJson("POST", `${lead(project)}/work/${encodeURIComponent(operation)}/cancel`);

/**
 * @param {string} project
 * @returns {Promise<{round: RoundDocument | null}>}
 */
export const readRound = (project) => fetchJson("GET", `${lead(project)}/round`);

/**
 * @param {string} project
 * @returns {Promise<RoundDocument>}
 */
export const startRound = (project) => fetchJson("POST", `${lead(project)}/round`);

/**
 * @param {string} project
 * @returns {Promise<object>}
 */
export const stopRound = (project) => fetchJson("POST", `${lead(project)}/round/stop`);
