"""Clusters and nearest neighbours of feature vectors, through faiss: on the GPU where faiss has one, else on the CPU.

Distances are squared and Euclidean. The same features give the same clusters whatever the number of cores: vectors are
cut into blocks, each of which one thread computes alone. (faiss's own threads wait for one another at every small step,
which on a busy machine takes many times as long as the work.)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

ITERATIONS = 10
SAMPLED_PER_CLUSTER = 128
BLOCK = 65_536


@dataclass(frozen=True)
class Clusters:
    """k clusters of n vectors.

    Args:
        centres: (k, D) float32.
        of: (n,) int64, the cluster of each vector.
        distances: (n,) float32, squared, of each vector from its cluster's centre.
    """

    centres: Vectors
    of: Rows
    distances: Vectors

    @cached_property
    def sizes(self) -> Rows:
        """(k,) number of vectors in each."""
        return np.bincount(self.of, minlength=len(self.centres))

    def members(self, cluster: int) -> Rows:
        """Rows of the vectors in a cluster, ascending."""
        end = self._ends[cluster]
        return self._by_cluster[end - self.sizes[cluster] : end]

    @cached_property
    def _by_cluster(self) -> Rows:
        return np.argsort(self.of.astype(np.uint16), kind="stable")  # 16 bits are sorted by counting

    @cached_property
    def _ends(self) -> Rows:
        return np.cumsum(self.sizes)


def cluster(vectors: Vectors, count: int, seed: int) -> Clusters:
    """k-means of (n, D) vectors into `count` clusters, 1 to min(n, 65,536).

    The centres are learnt from at most 128 vectors a cluster, which changes them little, from a start spread as by
    k-means++ (AFK-MC2: Bachem, Lucic, Hassani, Krause, *Fast and provably good seedings for k-means*, NIPS 2016).
    """
    k_means = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=ITERATIONS,
        seed=seed % 2**31,
        init_method=faiss.ClusteringInitMethod_AFK_MC2,
        min_points_per_centroid=1,
        max_points_per_centroid=SAMPLED_PER_CLUSTER,
        gpu=faiss.get_num_gpus() > 0,
    )
    with _one_thread():
        k_means.train(vectors)
    centres = np.asarray(k_means.centroids)
    distances, of = nearest(vectors, centres, 1)
    return Clusters(centres, of[:, 0], distances[:, 0])


def nearest(vectors: Vectors, among: Vectors, count: int) -> tuple[Vectors, Rows]:
    """(n, count) squared distances and (n, count) rows of the `count` vectors among (m, D) nearest each of (n, D)."""
    blocks = [vectors[start : start + BLOCK] for start in range(0, len(vectors), BLOCK)]
    search = partial(_nearest, among=among, count=count)
    if len(blocks) == 1:
        return search(blocks[0])
    distances, rows = np.empty((len(vectors), count), np.float32), np.empty((len(vectors), count), np.int64)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for number, answer in enumerate(threads.map(search, blocks)):
            place = slice(number * BLOCK, (number + 1) * BLOCK)
            distances[place], rows[place] = answer
    return distances, rows


def _nearest(vectors: Vectors, among: Vectors, count: int) -> tuple[Vectors, Rows]:
    with _one_thread():
        if faiss.get_num_gpus():
            distances, rows = faiss.knn_gpu(faiss.StandardGpuResources(), vectors, among, count)
        else:
            distances, rows = faiss.knn(vectors, among, count)
    return np.maximum(distances, 0), rows


@contextmanager
def _one_thread() -> Iterator[None]:
    """What faiss does inside is done by the calling thread alone.

    torch reads the same setting of OpenMP, and the number of threads is part of what a training comes to
    (docs/decisions/0020-what-a-seed-promises.md): it is left as it was.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
