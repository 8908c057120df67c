// News of a project's long work, as the server sends it. The browser comes back by itself where a connection is lost.

import { projectPath, readRound } from "./api.js";
/** @typedef {import("./wire.js").OperationDocument} OperationDocument */
/** @typedef {import("./wire.js").RoundDocument} RoundDocument */
/** @typedef {import("./wire.js").WorkAnswer} WorkAnswer */

/** Within which further news are told at once: at the beginning every operation comes by itself. */
const GATHER_MS = 150;

export class News {
  /** @type {Map<string, OperationDocument>} */
  #operations = new Map();
  /** @type {RoundDocument | null} */
  #round = null;
  #source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;

  /**
   * @param {string} project
   * @param {(work: WorkAnswer) => void} told what stands now, newest operation first
   * @param {(reachable: boolean) => void} connected
   */
  constructor(project, told, connected) {
    this.project = project;
    this.told = told;
    this.#source = new EventSource(`${projectPath(project)}/events`);
    this.#source.addEventListener("operation", (event) => this.#hear(JSON.parse(event.data)));
    this.#source.addEventListener("open", () => connected(true));
    this.#source.addEventListener("well", () => connected(true));
    this.#source.addEventListener("trouble", () => connected(false));
    this.#source.addEventListener("error", () => connected(false));
  }

  close() {
    this.#source.close();
    clearTimeout(this.#waiting);
  }

  /** @param {OperationDocument} operation */
  #hear(operation) {
    this.#operations.set(operation.id, operation);
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#tell(), GATHER_MS);
  }

  async #tell() {
    try {
      this.#round = (await readRound(this.project)).round;
    } catch {
      // Its latest standing is as good as any until the server is heard again.
    }
    const operations = [...this.#operations.values()].sort((a, b) => (b.created_at ?? 0) - (a.created_at ?? 0));
    this.told({ operations, round: this.#round });
  }
}
