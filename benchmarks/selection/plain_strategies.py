"""The simplest way to each strategy's answer, in numpy, Python or faiss, and how the answers are compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from hashlib import blake2b

import faiss
import numpy as np
from numpy.typing import NDArray

from selection.clusters import cluster
from selection.pool import Pool

Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]
Answer = tuple[Rows, float]  # rows, best first, and what share of the whole ranking's work that was
HORIZON = 2000  # of core-set
FARTHEST = 20  # of the horizon
CLUSTERS = 500
LOOKED_AT = 100_000


def sort(keys: Callable[[Pool], NDArray[np.float64]]) -> Callable[[Pool, int], Answer]:
    """One stable sort."""
    return lambda pool, seed: (np.argsort(keys(pool), kind="stable"), 1.0)


def nearness(pool: Pool) -> NDArray[np.float64]:
    """Worth of an image to mask_guided with 200 labels."""
    return 1 - np.abs(pool.scores - 0.3)


def tent(pool: Pool) -> NDArray[np.float64]:
    """The same a second: nothing at scores of 0 and 1."""
    return np.where(pool.scores < 0.3, pool.scores / 0.3, (1 - pool.scores) / 0.7)


def draw(image_id: bytes, seed: int) -> int:
    """The hash that random order goes by."""
    return int.from_bytes(blake2b(b"%d/%b" % (seed, image_id), digest_size=8).digest(), "little") >> 11


def random(pool: Pool, seed: int) -> Answer:
    """Sort ids by hash."""
    drawn = [draw(image_id, seed) for image_id in pool.ids.tolist()]
    return np.array(sorted(range(len(pool)), key=drawn.__getitem__)), 1.0


def stratified(pool: Pool, seed: int) -> Answer:
    """A list for each stratum, and one of each in turn."""
    lists: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for row, (image_id, counts) in enumerate(zip(pool.ids.tolist(), pool.counts.tolist(), strict=True)):
        objects = sum(counts)
        main = counts.index(max(counts)) if objects else 0
        lists[main, objects.bit_length()].append((draw(image_id, seed), row))
    turns: list[list[tuple[int, int]]] = [[] for _ in range(max(map(len, lists.values())))]
    for members in lists.values():
        for turn, member in enumerate(sorted(members)):
            turns[turn].append(member)
    return np.array([row for turn in turns for _, row in sorted(turn)]), 1.0


def mixed(pool: Pool, seed: int) -> Answer:
    """Alternate, and pass over what was taken."""
    walks = [iter(sort(lambda pool: -nearness(pool))(pool, seed)[0].tolist()), iter(random(pool, seed)[0].tolist())]
    taken: dict[int, None] = {}
    while len(taken) < len(pool):
        of = len(taken) % 2
        taken[next(row for row in walks[of] if row not in taken)] = None
    return np.array(list(taken)), 1.0


def diverse(pool: Pool, seed: int) -> Answer:
    """Sort; in each of the first 16 windows, a list for each cluster, and one of each in turn."""
    order = np.argsort(-nearness(pool), kind="stable").tolist()
    spread: list[int] = []
    for start in range(0, 16 * 1024, 1024):
        window = order[start : start + 1024]
        lists: dict[int, list[int]] = defaultdict(list)
        for place, one in enumerate(cluster(pool.features[window], 128, seed).of.tolist()):
            lists[one].append(place)
        while any(lists.values()):
            spread += [window[place] for place in sorted(members.pop(0) for members in lists.values() if members)]
    return np.array(spread + order[16 * 1024 :]), 1.0


def farthest_first(pool: Pool, seed: int) -> Answer:
    """Measure all images against every chosen one; only the first images of the horizon."""
    bounds = faiss.knn(pool.features, pool.labeled_features, 1)[0][:, 0]
    chosen: list[int] = []
    for _ in range(FARTHEST):
        chosen.append(int(bounds.argmax()))
        np.minimum(bounds, faiss.knn(pool.features, pool.features[chosen[-1:]], 1)[0][:, 0], out=bounds)
    return np.array(chosen), len(chosen) / HORIZON


def k_means(vectors: Vectors, seed: int) -> tuple[Vectors, Vectors, Rows]:
    """faiss as it is by default: centres, and each vector's squared distance from its own and which that is."""
    made = faiss.Kmeans(vectors.shape[1], CLUSTERS, seed=seed)
    made.train(vectors)
    distances, of = faiss.knn(vectors, made.centroids, 1)
    return made.centroids, distances[:, 0], of[:, 0]


def central(pool: Pool, seed: int) -> Answer:
    """One k-means, and the image nearest each centre."""
    _, distances, of = k_means(pool.features, seed)
    order = np.lexsort((distances, of))
    return order[np.flatnonzero(np.diff(of[order], prepend=-1))], 1.0


def typical(pool: Pool, seed: int) -> Answer:
    """TypiClust to the letter: one k-means, and of each cluster without a label the image of nearest neighbours."""
    centres, _, of = k_means(pool.features, seed)
    labeled = () if pool.labeled_features is None else faiss.knn(pool.labeled_features, centres, 1)[1][:, 0]
    chosen = []
    for one in set(range(CLUSTERS)) - set(labeled):
        rows = np.flatnonzero(of == one)
        if len(rows) >= 5:
            near, _ = faiss.knn(pool.features[rows], pool.features[rows], min(21, len(rows) // 2 + 1))
            chosen.append(rows[np.sqrt(near).sum(axis=1).argmin()])
    return np.array(chosen), 1.0


def doubt(pool: Pool) -> NDArray[np.float64]:
    """The sum of 4 q (1 - q) over each image's proposals, of which it has one at least."""
    found = pool.object_ious
    return np.add.reduceat(4 * found.ious * (1 - found.ious), np.cumsum(found.lengths) - found.lengths)


PLAIN: Mapping[str, Callable[[Pool, int], Answer]] = {
    "mask_guided": sort(lambda pool: -nearness(pool)),
    "mask_guided:per_second=yes": sort(lambda pool: -tent(pool) / pool.costs_s),
    "mask_guided:diverse=yes": diverse,
    "expected_gain": sort(lambda pool: -doubt(pool) / pool.costs_s),
    "dropout:prefer=nearest": sort(lambda pool: np.abs(pool.dropout - np.quantile(pool.dropout, 0.5))),
    "entropy": sort(lambda pool: -pool.uncertainty["entropy"]),
    "random": random,
    "stratified_random": stratified,
    "mix": mixed,
    "core_set": farthest_first,
    "k_means": central,
    "typicality": typical,
    "cold_start": typical,
}


def check(text: str, pool: Pool, ours: Rows, plain: Rows) -> None:
    """Assert that the orders are one, or that ours covers the pool about as well."""
    assert len(np.unique(ours)) == len(pool)
    if PLAIN[text] not in {central, typical}:
        assert (ours[: len(plain)] == plain).all()
        return
    known = pool.features[:0] if pool.labeled_features is None else pool.labeled_features
    looked_at = pool.features[np.random.default_rng(0).choice(len(pool), LOOKED_AT, replace=False)]
    covers = [np.concatenate([known, pool.features[rows[: len(plain)]]]) for rows in (ours, plain)]
    apart = [float(faiss.knn(looked_at, cover, 1)[0].mean()) for cover in covers]
    assert apart[0] <= 1.05 * apart[1], apart
