"""Images in random order: the baseline, and the way counts are bought.

The order is a hash of seed and image id, so that it needs no state, is the same after a crash, does not depend on
which images are already taken, and costs no scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def keys(ids: Sequence[str], scores: NDArray[np.float64] | None, seed: int) -> NDArray[np.float64]:
    """(n,) float64 uniform in [0, 1), one a pair of seed and id; 53 bits each."""
    prefix = f"{seed}/".encode()
    drawn = b"".join(blake2b(prefix + image_id.encode(), digest_size=8).digest() for image_id in ids)
    return np.ldexp((np.frombuffer(drawn, dtype="<u8") >> np.uint64(11)).astype(np.float64), -53)


def target(target_iou: float | None, labeled_images: int) -> float:
    """The lowest draw comes first."""
    return 0.0


def reason(key: float, aim: float) -> str:
    """Why an image was chosen."""
    return f"random draw {key:.4f}, lowest first"
