"""Random numbers of images: a hash of seed and image id.

They need no state, are the same after a crash, and do not depend on which images are already taken.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from selection.pool import Floats


def draws(ids: NDArray[np.bytes_], seed: int, purpose: str = "") -> Floats:
    """(n,) float64 uniform in [0, 1), one a pair of seed and id; 53 bits each. Purposes have independent draws."""
    prefix = f"{seed}/{purpose}".encode()
    hashes = b"".join(blake2b(prefix + image_id, digest_size=8).digest() for image_id in ids.tolist())
    return np.ldexp((np.frombuffer(hashes, dtype="<u8") >> np.uint64(11)).astype(np.float64), -53)
