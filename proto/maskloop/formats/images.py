"""Pictures: bytes to upright 8-bit RGB, or a clear refusal. Pillow decodes.

JPEG, PNG, TIFF, BMP, WebP, GIF, AVIF, JPEG 2000 and PPM are taken, and HEIF (HEIC) where the extra `heic` is
installed. Other formats are refused by name: whatever a server decodes may come from anybody. What becomes of the less
usual ones:

- EXIF orientation is applied: the picture comes upright, as every viewer shows it.
- CMYK and YCbCr become RGB. Palettes are looked up.
- Transparent pixels are laid over white.
- Greys of more than 8 bits (16 or 32-bit integers, floats) are stretched from the picture's own darkest and
  brightest value to 0..255, because such files seldom use their full range; a picture of one value becomes black.
  Colours of 16 bits a channel keep their high byte.
- Animations and files of several pages are refused: which page was meant is not ours to guess. Copies of one picture
  are no pages: the preview that phones write behind it (MPO), the smaller ones of a TIFF, the others of a HEIF.
- A camera's raw file is refused: it opens as a TIFF, but what opens is a thumbnail.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from maskloop.errors import InvalidImage, MaskloopError

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "AVIF", "JPEG2000", "PPM", "HEIF")
CAMERA_RAW = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef",
    ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
})  # fmt: skip
"""Suffixes of what cameras keep before they make a picture of it."""
MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 128 * 1024 * 1024
STRIP = 512  # rows copied at once
SHRINKS = (1, 2, 4, 8)
"""By what a JPEG's decoder can make a picture smaller while it decodes."""

_ORIENTATION_TAG = 0x0112
_TURN_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LIES_ON_ITS_SIDE = (5, 6, 7, 8)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_SUBFILE_TYPE_TAG, _COPY_OR_MASK = 0x00FE, 0b101  # of a TIFF's page: a smaller copy, or a mask of transparency
_DEEP_GREYS = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")


@dataclass(frozen=True)
class ImageFacts:
    """What is known of a picture without its pixels.

    `width` and `height` are of the upright picture, in pixels; `sha256` is of the file's bytes, in hex; `format` is
    one of `FORMATS`.
    """

    width: int
    height: int
    sha256: str
    format: str


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """A picture: `pixels` (H, W, 3) uint8 RGB in [0, 255], upright; `sha256` of the file's bytes, in hex."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
    sha256: str


def decode_image(
    data: bytes, name: str, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS, shrink: int = 1
) -> DecodedImage:
    """Decode the bytes of the file called `name`.

    Args:
        data: of the file.
        name: of the file.
        max_bytes: of the file.
        max_pixels: of the picture.
        shrink: one of `SHRINKS`; a JPEG is decoded with its sides divided by it, rounded up, which is far quicker.
            Other formats are decoded as they are.

    Raises:
        InvalidImage: the bytes are no whole picture of a format we take, or pass a limit; says which and why.
    """
    image = load_image(data, name, max_bytes, max_pixels, shrink)
    with _pillow(name):
        turn = _TURN_UPRIGHT.get(_orientation(image))
        upright = image.transpose(turn) if turn is not None else image
        pixels = _array(_to_rgb(upright, name))
    return DecodedImage(pixels, pixels.shape[1], pixels.shape[0], hashlib.sha256(data).hexdigest())


def inspect_image(data: bytes, name: str, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> ImageFacts:
    """Check that the bytes decode to the last pixel, and tell their upright size; no pixel is converted.

    Raises:
        InvalidImage: as `decode_image`.
    """
    image = load_image(data, name, max_bytes, max_pixels)
    with _pillow(name):
        width, height = _upright_size(image)
    return ImageFacts(width, height, hashlib.sha256(data).hexdigest(), _format(image))


def read_image_size(path: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Upright (width, height) from the file's header; the pixels are neither read nor checked.

    Raises:
        InvalidImage: the header is not that of a picture we take, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            image = _open(file, path.name, max_pixels)
            with _pillow(path.name):
                return _upright_size(image)
    except OSError as error:
        raise InvalidImage(f"image {path.name} cannot be read: {error.strerror}", field=path.name) from error


def load_image(
    data: bytes, name: str, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS, shrink: int = 1
) -> Image.Image:
    """The file called `name` as Pillow decodes it, not turned upright; shrunk as `decode_image` says.

    Raises:
        InvalidImage: as `decode_image`.
    """
    if not data:
        raise InvalidImage(f"image {name} is empty (zero bytes)", field=name)
    if len(data) > max_bytes:
        raise InvalidImage(f"image {name} has {len(data)} bytes; at most {max_bytes} are taken", field=name)
    image = _open(io.BytesIO(data), name, max_pixels)
    with _pillow(name):
        pages = _pages(image)
        if pages > 1:
            raise InvalidImage(f"image {name} holds {pages} pictures; a file of one is needed", field=name)
        if shrink > 1 and image.format == "JPEG" and min(image.size) >= shrink:
            image.draft(None, (image.width // shrink, image.height // shrink))
        image.load()
    return image


def _open(file: BinaryIO, name: str, max_pixels: int) -> Image.Image:
    """Read the header, and refuse from it what would not fit: no pixel is decoded here."""
    if Path(name).suffix.lower() in CAMERA_RAW:
        raise InvalidImage(f"image {name} is a camera's raw file; export it as JPEG or TIFF", field=name)
    with _pillow(name):
        if _begins_as_heif(file) and not _heif_is_read():
            raise InvalidImage(f"image {name} is HEIF (HEIC); to read it: pip install 'maskloop[heic]'", field=name)
        image = Image.open(file, formats=_readable())
        width, height = image.size
        if width * height > max_pixels:
            raise InvalidImage(
                f"image {name} has {width} x {height} pixels; at most {max_pixels} are taken",
                field=name,
            )
    return image


def _pages(image: Image.Image) -> int:
    """How many pictures a file holds that are not copies of one; the file's first one is loaded next."""
    pages: int = getattr(image, "n_frames", 1)
    if image.format in ("MPO", "HEIF"):
        return 1
    if pages == 1 or image.format != "TIFF":
        return pages
    own = 0
    for page in range(pages):
        image.seek(page)
        own += not image.tag_v2.get(_SUBFILE_TYPE_TAG, 0) & _COPY_OR_MASK  # type: ignore[attr-defined]
    image.seek(0)
    return own


def _begins_as_heif(file: BinaryIO) -> bool:
    head = file.read(12)
    file.seek(0)
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


@cache
def _heif_is_read() -> bool:
    """Whether Pillow reads HEIF, after this has taught it to."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


@cache
def _readable() -> tuple[str, ...]:
    """Those of `FORMATS` that this Pillow knows."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN or (name == "HEIF" and _heif_is_read()))


@contextmanager
def _pillow(name: str) -> Iterator[None]:
    """The one place where Pillow's errors become ours, and where its warnings end.

    Its decoders raise whatever broken bytes lead them to (OSError, SyntaxError, ValueError, KeyError, ...), hence
    the wide net. The filter names Pillow's modules only, so that another thread which leaves its own
    `catch_warnings` at the wrong moment cannot silence anything else.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        try:
            yield
        except MaskloopError:
            raise
        except UnidentifiedImageError as error:
            raise InvalidImage(f"image {name} is none of {', '.join(FORMATS)}, or is broken", field=name) from error
        except Image.DecompressionBombError as error:
            raise InvalidImage(f"image {name} has too many pixels: {error}", field=name) from error
        except Exception as error:
            raise InvalidImage(f"image {name} does not decode: {error or type(error).__name__}", field=name) from error


def _format(image: Image.Image) -> str:
    return "JPEG" if image.format == "MPO" else str(image.format)


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    if image.format == "TIFF":  # Pillow turns this one itself, and tells the turned size from the header on
        return width, height
    return (height, width) if _orientation(image) in _LIES_ON_ITS_SIDE else (width, height)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 when there is none, or when it is broken (viewers ignore it too)."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return 1


def _to_rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode in _DEEP_GREYS:
        return Image.fromarray(_stretch(np.asarray(image).astype(np.float64), name)).convert("RGB")
    if image.has_transparency_data:
        over = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _array(image: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3), copied strip by strip: all at once, Pillow would make a second copy on the way."""
    width, height = image.size
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


def _stretch(grey: NDArray[np.float64], name: str) -> NDArray[np.uint8]:
    """(H, W) greys of any range to [0, 255], darkest to 0 and brightest to 255."""
    low, high = float(grey.min()), float(grey.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InvalidImage(f"image {name} holds values that are not finite", field=name)
    return np.round((grey - low) * (255.0 / (high - low or 1.0))).astype(np.uint8)
