"""Which files of a folder are pictures: by their suffix, and where that says nothing, by their first bytes.

Every picture is listed, also one of a format that `maskloop.formats.images` refuses: whoever reads it can then say so
by name. What is no picture is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.images import CAMERA_RAW

TAKEN = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".tif", ".tiff", ".bmp", ".dib", ".webp", ".gif",
    ".avif", ".avifs", ".heic", ".heif", ".hif", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc", ".pbm", ".pgm",
    ".ppm", ".pnm",
})  # fmt: skip
"""Suffixes of the formats that are read."""
REFUSED = CAMERA_RAW | frozenset({
    ".psd", ".psb", ".xcf", ".tga", ".icb", ".vda", ".vst", ".ico", ".icns", ".cur", ".pcx", ".dcx", ".dds",
    ".sgi", ".rgb", ".rgba", ".bw", ".qoi", ".pfm", ".eps", ".svg", ".wmf", ".emf", ".xbm", ".xpm", ".fits",
    ".fit", ".fts", ".exr", ".hdr", ".jxl", ".jxr", ".iim", ".ras", ".msp", ".blp", ".im", ".pcd", ".fli", ".flc",
})  # fmt: skip
"""Suffixes of pictures that are listed and not read: they are refused by name."""
LEFT_OUT = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found")
"""Folders that systems make; those whose name begins with a dot are left out too."""
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  \r\n")
"""First bytes of pictures whose suffix says nothing."""
BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
HEAD = 16  # bytes


def find_pictures(folder: Path) -> tuple[Path, ...]:
    """Every picture of a folder and of the folders below it, sorted by its path.

    Hidden files and folders are left out, and so are those of `LEFT_OUT`. Links are followed, each folder once. What
    cannot be looked at is listed as well, so that reading it says why: a folder without permission, a broken link.

    Raises:
        InvalidDataset: there is no such folder.
    """
    if not folder.is_dir():
        raise InvalidDataset(f"there is no folder {folder}", field=str(folder))
    return tuple(sorted(_walk(folder)))


def _walk(top: Path) -> Iterator[Path]:
    shut: list[OSError] = []
    met: set[str] = set()
    for place, folders, files in os.walk(top, onerror=shut.append, followlinks=True):
        real = os.path.realpath(place)
        if real in met:
            folders.clear()
            continue
        met.add(real)
        folders[:] = sorted(name for name in folders if not (name.startswith(".") or name in LEFT_OUT))
        paths = (Path(place, name) for name in files if not name.startswith("."))
        yield from (path for path in paths if _is_picture(path))
    yield from (Path(os.fsdecode(error.filename)) for error in shut)


def _is_picture(path: Path) -> bool:
    if os.path.exists(path) and not os.path.isfile(path):
        return False  # a pipe or a device, which waits for ever
    return path.suffix.lower() in TAKEN | REFUSED or _begins_as_picture(path)


def _begins_as_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    bitmap = head.startswith(b"BM") and head[6:10] == b"\0\0\0\0"
    return head.startswith(BEGINNINGS) or webp or bitmap or (head[4:8] == b"ftyp" and head[8:12] in BRANDS)
