// Seconds that count: those in which a person is at work on what is shown.

/**
 * Counts while a person is active and the page is seen. What they do is told by `touch`; after `idleAfterS` seconds
 * without, counting stops until the next. Looking counts as well: so much of each silence as lies below the limit.
 */
export class ActivityClock {
  #idleAfterMs;
  #now;
  #countedMs;
  /** @type {number | null} */
  #since = null; // when the latest touch was, `null` while paused

  /**
   * @param {{idleAfterS?: number, now: () => number, seconds?: number}} options `now` gives milliseconds of any clock
   *   that does not go back, such as `performance.now`; `seconds` were counted before
   */
  constructor({ idleAfterS = 30, now, seconds = 0 }) {
    this.#idleAfterMs = 1000 * idleAfterS;
    this.#now = now;
    this.#countedMs = 1000 * seconds;
    this.#since = now();
  }

  /** The person did something. Of no effect while paused. */
  touch() {
    if (this.#since !== null) {
      this.#count();
      this.#since = this.#now();
    }
  }

  /** The page is not seen, or not worked on. */
  pause() {
    this.#count();
    this.#since = null;
  }

  /** It is again, and the person with it. */
  resume() {
    this.#since ??= this.#now();
  }

  /** Whether seconds count at this moment. */
  get isCounting() {
    return this.#since !== null && this.#now() - this.#since < this.#idleAfterMs;
  }

  /**
   * Seconds so far.
   *
   * @returns {number}
   */
  seconds() {
    return (this.#countedMs + this.#openMs()) / 1000;
  }

  #count() {
    this.#countedMs += this.#openMs();
  }

  #openMs() {
    return this.#since === null ? 0 : Math.min(this.#idleAfterMs, Math.max(0, this.#now() - this.#since));
  }
}
