// The one place that talks to the server: JSON out, JSON in, every failure an `ApiError` that says what to do.

/** Seconds that an answer may take; prompts and pictures of a busy server take longest. */
const PATIENCE_MS = 60_000;

/** Statuses of answers that may be other when asked again. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Reasons that have such a status, and stay until a person does something. */
const LASTING = new Set(["BUDGET_EXHAUSTED"]);

export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; 0 where no answer came.
   * @param {{reason?: string, message?: string, field?: string, retry_after_s?: number | null}} told
   */
  constructor(status, told) {
    super(told.message || (status ? `the server answered ${status}` : "the server cannot be reached"));
    this.name = "ApiError";
    this.status = status;
    this.reason = told.reason ?? "";
    this.field = told.field ?? "";
    this.retryAfterS = told.retry_after_s ?? null;
  }

  /** Whether no answer came at all. */
  get offline() {
    return this.status === 0;
  }

  /** Whether the same call may succeed later, with nothing changed. */
  get passing() {
    return !LASTING.has(this.reason) && (this.offline || this.status === 401 || PASSING.has(this.status));
  }
}

/**
 * @param {unknown} error
 * @returns {string} what to tell a person, as a sentence.
 */
export function inWords(error) {
  const text = error instanceof Error ? error.message : String(error);
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function refusal(response) {
  try {
    const told = await response.json();
    return new ApiError(response.status, told?.error ?? {});
  } catch {
    return new ApiError(response.status, {});
  }
}

/**
 * @param {string} method
 * @param {object | undefined} body
 * @param {string} annotator
 * @returns {RequestInit}
 */
function requestOf(method, body, annotator) {
  /** @type {Record<string, string>} */
  const who = annotator ? { "X-Maskloop-Annotator": encodeURIComponent(annotator) } : {};
  if (method === "GET") {
    return { method, credentials: "same-origin", headers: who };
  }
  const headers = { ...who, "Content-Type": "application/json", "X-Maskloop": "1" };
  return { method, credentials: "same-origin", headers, body: JSON.stringify(body ?? {}) };
}

/**
 * Call the server.
 *
 * @template T
 * @param {"GET" | "POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {object} [body] sent as JSON.
 * @param {{signal?: AbortSignal, annotator?: string}} [how] `signal` gives up; then the error is that of the signal.
 *   `annotator`: who asks, where another window of this browser may have said another name since.
 * @returns {Promise<T>}
 * @throws {ApiError}
 */
export async function fetchJson(method, path, body, { signal, annotator = "" } = {}) {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const request = requestOf(method, body, annotator);
  let response;
  try {
    response = await fetch(path, { ...request, signal: signal ? AbortSignal.any([signal, late]) : late });
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    throw new ApiError(0, { message: late.aborted ? "the server took too long to answer" : "" });
  }
  if (!response.ok) {
    throw await refusal(response);
  }
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    throw new ApiError(0, { message: "the server's answer broke off" });
  }
}
