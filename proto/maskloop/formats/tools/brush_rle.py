"""Label Studio's brush masks: thi.ng's run-length packing of the mask's RGBA bytes, row by row.

A stream of bits: the number of bytes (32), the bits of a word less one (5), the bits of four lengths less one (4 each).
Then records: whether it is a run (1), which of the lengths tells how many words (2), that number less one, and one
word, or as many as there are. A pixel is the mask's where its alpha is above half of the highest, which is
255, or 1 where somebody packed a mask of 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidMask
from maskloop.masks import Mask

LENGTH_BITS = (3, 4, 8, 16)
CHANNELS = 4
WORD = 8


def encode_brush(mask: Mask) -> list[int]:
    """The bytes of a mask."""
    flat = mask.to_array().ravel()
    borders = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *borders, len(flat)]) * CHANNELS
    head = f"{flat.size * CHANNELS:032b}{WORD - 1:05b}" + "".join(f"{bits - 1:04b}" for bits in LENGTH_BITS)
    records = [head]
    on = bool(flat[0])
    for run in runs.tolist():
        records.extend(_records(run, "1" * WORD if on else "0" * WORD))
        on = not on
    stream = "".join(records)
    bits = np.frombuffer(stream.encode("ascii"), np.uint8) == ord("1")
    packed: list[int] = np.packbits(bits).tolist()
    return packed


def decode_brush(packed: Sequence[int], height: int, width: int) -> Mask:
    """The mask of an image of `height` x `width` pixels.

    Raises:
        InvalidMask: the bytes are broken, or of another size.
    """
    if not all(isinstance(byte, int) and 0 <= byte <= 255 for byte in packed):
        raise InvalidMask("its rle is no list of bytes")
    bits = _Bits(np.unpackbits(np.array(packed, np.uint8)))
    size, word = bits.read(32), bits.read(5) + 1
    lengths = [bits.read(4) + 1 for _ in range(4)]
    if size != height * width * CHANNELS or word != WORD:
        wanted = f"{height * width * CHANNELS} of {WORD} for its {width} x {height} image"
        raise InvalidMask(f"its rle has {size} values of {word} bits, not {wanted}")
    values = np.zeros(size, np.uint8)
    at = 0
    while at < size:
        is_run = bits.read(1)
        end = at + bits.read(lengths[bits.read(2)]) + 1
        if end > size:
            raise InvalidMask("its rle has more values than it says")
        values[at:end] = bits.read(WORD) if is_run else bits.read_words(end - at)
        at = end
    alpha = values.reshape(height, width, CHANNELS)[:, :, 3]
    return Mask.from_array(alpha > alpha.max() / 2)


def _records(run: int, word: str) -> Iterator[str]:
    while run:
        index = next((place for place, bits in enumerate(LENGTH_BITS) if run <= 1 << bits), len(LENGTH_BITS) - 1)
        taken = min(run, 1 << LENGTH_BITS[index])
        yield f"1{index:02b}{taken - 1:0{LENGTH_BITS[index]}b}{word}"
        run -= taken


class _Bits:
    """Reads numbers, highest bit first."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits
        self._text = bits.tobytes().translate(bytes.maketrans(b"\0\1", b"01"))
        self._at = 0

    def read(self, count: int) -> int:
        """A number of so many bits."""
        return int(self._take(count), 2)

    def read_words(self, count: int) -> NDArray[np.uint8]:
        """So many words of 8 bits, (N,) uint8."""
        begin = self._at
        self._take(count * WORD)
        return np.packbits(self._bits[begin : self._at])

    def _take(self, count: int) -> bytes:
        begin, self._at = self._at, self._at + count
        if self._at > len(self._text):
            raise InvalidMask("its rle ends too early")
        return self._text[begin : self._at]
