// A queue of places, the cheapest first: a binary heap that knows where each place lies, for one may become cheaper.

/**
 * @param {Float64Array} dear what each place costs; read whenever a place is put or moved
 * @returns {{put: (place: number) => void, take: () => number}} `put` also of a place that is in the queue and has
 *   become cheaper; `take` gives -1 when the queue is empty
 */
export function queueBy(dear) {
  const heap = new Int32Array(dear.length);
  const where = new Int32Array(dear.length).fill(-1);
  let size = 0;

  const set = (/** @type {number} */ slot, /** @type {number} */ place) => {
    heap[slot] = place;
    where[place] = slot;
  };

  const rise = (/** @type {number} */ from, /** @type {number} */ place) => {
    let slot = from;
    for (let above = (slot - 1) >> 1; slot > 0 && dear[place] < dear[heap[above]]; above = (slot - 1) >> 1) {
      set(slot, heap[above]);
      slot = above;
    }
    set(slot, place);
  };

  const sink = (/** @type {number} */ place) => {
    let slot = 0;
    for (let child = 1; child < size; child = 2 * slot + 1) {
      if (child + 1 < size && dear[heap[child + 1]] < dear[heap[child]]) {
        child++;
      }
      if (dear[heap[child]] >= dear[place]) {
        break;
      }
      set(slot, heap[child]);
      slot = child;
    }
    set(slot, place);
  };

  return {
    put: (place) => rise(where[place] < 0 ? size++ : where[place], place),
    take: () => {
      if (!size) {
        return -1;
      }
      const first = heap[0];
      where[first] = -1;
      size--;
      if (size) {
        sink(heap[size]);
      }
      return first;
    },
  };
}
