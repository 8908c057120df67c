"""Pictures of every kind we take, and every kind we refuse, through the bytes of real files."""

from __future__ import annotations

import hashlib
import io
import struct
import sys
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from maskloop.errors import InvalidImage
from maskloop.formats import images
from maskloop.formats.images import decode_image, inspect_image, read_image_size

HEIGHT, WIDTH = 12, 20
FORMATS = ["JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "AVIF", "JPEG2000", "PPM"]


def colours() -> np.ndarray:
    """(12, 20, 3): four flat quadrants, so that lossy formats and turns can be told."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:6, :10] = (250, 10, 10)
    pixels[:6, 10:] = (10, 250, 10)
    pixels[6:, :10] = (10, 10, 250)
    pixels[6:, 10:] = (240, 240, 240)
    return pixels


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def close(left: np.ndarray, right: np.ndarray) -> bool:
    """Equal but for what lossy coding does to colours away from edges."""
    inside = [2, 8, 13, 18]
    rows = [2, 9]
    difference = np.abs(left.astype(int) - right.astype(int))[np.ix_(rows, inside)]
    return left.shape == right.shape and bool(difference.max() < 25)


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_format_decodes_to_upright_rgb(format_name: str) -> None:
    options = {"quality": 95, "subsampling": 0} if format_name == "JPEG" else {}
    data = encoded(Image.fromarray(colours()), format_name, **options)
    decoded = decode_image(data, "quadrants")
    assert decoded.pixels.dtype == np.uint8
    assert (decoded.width, decoded.height) == (WIDTH, HEIGHT)
    assert close(decoded.pixels, colours())
    assert decoded.sha256 == hashlib.sha256(data).hexdigest()
    facts = inspect_image(data, "quadrants")
    assert (facts.width, facts.height, facts.sha256, facts.format) == (WIDTH, HEIGHT, decoded.sha256, format_name)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "stored"),
    [  # what a camera stores, made from the upright picture by the inverse turn of the EXIF standard
        (1, lambda p: p),
        (2, lambda p: p[:, ::-1]),
        (3, lambda p: p[::-1, ::-1]),
        (4, lambda p: p[::-1]),
        (5, lambda p: p.transpose(1, 0, 2)),
        (6, lambda p: np.rot90(p, 1)),
        (7, lambda p: p.transpose(1, 0, 2)[::-1, ::-1]),
        (8, lambda p: np.rot90(p, -1)),
    ],
)
def test_exif_rotated_pictures_come_upright(tmp_path, format_name: str, orientation: int, stored) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if format_name == "JPEG" else {}
    data = encoded(Image.fromarray(np.ascontiguousarray(stored(colours()))), format_name, exif=exif, **options)
    assert close(decode_image(data, "turned").pixels, colours())
    facts = inspect_image(data, "turned")
    assert (facts.width, facts.height) == (WIDTH, HEIGHT)
    path = tmp_path / "turned"
    path.write_bytes(data)
    assert read_image_size(path) == (WIDTH, HEIGHT)


def test_cmyk_becomes_rgb() -> None:
    cmyk = Image.fromarray(colours()).convert("CMYK")
    assert close(decode_image(encoded(cmyk, "JPEG", quality=95), "print.jpg").pixels, colours())
    assert close(decode_image(encoded(cmyk, "TIFF"), "print.tif").pixels, colours())


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_sixteen_bit_greys_are_stretched_from_their_own_range(format_name: str) -> None:
    grey = np.array([[1000, 1500, 2000], [1250, 1750, 2000]], np.uint16)  # 10 of 16 bits in use
    decoded = decode_image(encoded(Image.fromarray(grey), format_name), "deep")
    assert decoded.pixels[..., 0].tolist() == [[0, 128, 255], [64, 191, 255]]
    assert (decoded.pixels[..., 0] == decoded.pixels[..., 2]).all()


def test_a_sixteen_bit_grey_of_one_value_is_black() -> None:
    flat = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    assert decode_image(encoded(flat, "PNG"), "flat.png").pixels.max() == 0


def test_float_greys_are_stretched_and_must_be_finite() -> None:
    grey = np.array([[-1.0, 0.0], [1.0, 3.0]], np.float32)
    assert decode_image(encoded(Image.fromarray(grey), "TIFF"), "f.tif").pixels[..., 1].tolist() == [
        [0, 64],
        [128, 255],
    ]
    grey[0, 0] = np.nan
    with pytest.raises(InvalidImage, match=r"f\.tif holds values that are not finite"):
        decode_image(encoded(Image.fromarray(grey), "TIFF"), "f.tif")


def test_eight_bit_grey_keeps_its_values() -> None:
    grey = np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    pixels = decode_image(encoded(Image.fromarray(grey), "PNG"), "grey.png").pixels
    assert (pixels == grey[..., None]).all()


def test_one_bit_pictures_are_black_and_white() -> None:
    bits = np.array([[0, 255], [255, 0]], np.uint8)
    pixels = decode_image(encoded(Image.fromarray(bits).convert("1"), "PNG"), "bits.png").pixels
    assert pixels[..., 0].tolist() == [[0, 255], [255, 0]]


def test_palettes_are_looked_up() -> None:
    image = Image.fromarray(colours()).quantize(4)
    assert image.mode == "P"
    assert close(decode_image(encoded(image, "PNG"), "palette.png").pixels, colours())


def test_transparent_pixels_are_laid_over_white() -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = (255, 0, 51)  # black: opaque, clear, one fifth
    assert decode_image(encoded(Image.fromarray(rgba), "PNG"), "a.png").pixels[0, :, 0].tolist() == [0, 255, 204]


def test_a_transparent_palette_entry_is_laid_over_white() -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    image.putpalette([200, 0, 0, 0, 0, 200])
    pixels = decode_image(encoded(image, "PNG", transparency=b"\x00\xff"), "p.png").pixels
    assert pixels.tolist() == [[[255, 255, 255], [0, 0, 200]]]


def test_an_empty_file_is_refused_by_name() -> None:
    with pytest.raises(InvalidImage, match=r"holiday\.jpg is empty \(zero bytes\)"):
        inspect_image(b"", "holiday.jpg")


@pytest.mark.parametrize("data", [b"not an image at all", b"\x00" * 500, b"%PDF-1.7", b"<svg></svg>", b"\xff\xd8"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidImage, match=r"x\.jpg"):
        decode_image(data, "x.jpg")


def test_a_photoshop_file_is_none_of_the_formats() -> None:
    with pytest.raises(InvalidImage, match=r"x\.psd is none of JPEG, PNG, TIFF, BMP, WEBP, GIF, AVIF, JPEG2000"):
        decode_image(b"8BPS\x00\x01" + b"\x00" * 500, "x.psd")


@pytest.mark.parametrize("name", ["a.CR2", "a.nef", "a.dng", "a.ARW"])
def test_a_cameras_raw_file_is_refused_though_its_thumbnail_would_open(name: str) -> None:
    with pytest.raises(InvalidImage, match=f"{name} is a camera's raw file; export it"):
        decode_image(encoded(Image.fromarray(colours()), "TIFF"), name)


def test_a_phones_heic_is_read_where_pillow_heif_is_installed() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    data = encoded(Image.fromarray(colours()), "HEIF", quality=95)
    assert close(decode_image(data, "IMG_0001.HEIC").pixels, colours())
    facts = inspect_image(data, "IMG_0001.HEIC")
    assert (facts.width, facts.height, facts.format) == (WIDTH, HEIGHT, "HEIF")


def test_without_pillow_heif_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    images._heif_is_read.cache_clear()
    try:
        with pytest.raises(InvalidImage, match=r"IMG\.heic is HEIF .*pip install 'maskloop\[heic\]'"):
            decode_image(b"\x00\x00\x00\x1cftypheic" + b"\x00" * 50, "IMG.heic")
    finally:
        images._heif_is_read.cache_clear()


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_truncated_files_are_refused(format_name: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), format_name)
    with pytest.raises(InvalidImage, match="cut"):
        inspect_image(data[: int(len(data) * kept)], "cut")


def test_too_many_bytes_are_refused_before_decoding() -> None:
    with pytest.raises(InvalidImage, match=r"big\.png has 101 bytes; at most 100 are taken"):
        inspect_image(b"x" * 101, "big.png", max_bytes=100)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing: a decompression bomb."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 100))


@pytest.mark.parametrize("side", [11_600, 14_000, 60_000])
def test_decompression_bombs_are_refused_from_the_header(tmp_path, side: int) -> None:
    bomb = png_header(side, side)
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb)
    for refuse in (lambda: decode_image(bomb, "bomb.png"), lambda: read_image_size(path)):
        with pytest.raises(InvalidImage, match=r"bomb\.png has .*pixels"):
            refuse()


def test_the_pixel_limit_is_inclusive() -> None:
    data = encoded(Image.fromarray(colours()), "PNG")
    assert inspect_image(data, "x.png", max_pixels=HEIGHT * WIDTH).width == WIDTH
    with pytest.raises(InvalidImage, match="20 x 12 pixels; at most 239 are taken"):
        inspect_image(data, "x.png", max_pixels=HEIGHT * WIDTH - 1)


def test_smaller_copies_and_masks_in_a_tiff_are_no_pages() -> None:
    whole = Image.fromarray(colours())
    for kind in (1, 4):
        whole.encoderinfo = {}
        small = whole.resize((10, 6))
        small.encoderinfo = {"tiffinfo": {254: kind}}
        data = encoded(whole, "TIFF", save_all=True, append_images=[small])
        assert (decode_image(data, "pyramid.tif").pixels == colours()).all()


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_files_of_several_pictures_are_refused(format_name: str) -> None:
    pages = [Image.fromarray(colours()), Image.fromarray(colours()[::-1].copy())]
    data = encoded(pages[0], format_name, save_all=True, append_images=pages[1:])
    with pytest.raises(InvalidImage, match="moving holds 2 pictures; a file of one is needed"):
        inspect_image(data, "moving")


def test_a_phones_mpo_gives_its_first_picture_as_jpeg() -> None:
    pages = [Image.fromarray(colours()), Image.fromarray(colours()[::-1].copy())]
    data = encoded(pages[0], "MPO", save_all=True, append_images=pages[1:], quality=95, subsampling=0)
    assert inspect_image(data, "phone.jpg").format == "JPEG"
    assert close(decode_image(data, "phone.jpg").pixels, colours())


def test_a_broken_exif_block_does_not_hide_the_picture() -> None:
    data = encoded(
        Image.fromarray(colours()), "JPEG", quality=95, subsampling=0, exif=b"Exif\x00\x00MM\x00\x2a\xff\xff"
    )
    assert close(decode_image(data, "odd.jpg").pixels, colours())


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_broken_bytes_decode_or_are_refused_without_warnings(format_name: str, edits: list[tuple[float, int]]) -> None:
    data = bytearray(encoded(Image.fromarray(colours()), format_name))
    for place, value in edits:
        data[int(place * len(data))] = value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            pixels = decode_image(bytes(data), "fuzzed", max_pixels=1_000_000).pixels
        except InvalidImage:
            return
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3


def test_an_unreadable_path_is_an_invalid_image(tmp_path) -> None:
    with pytest.raises(InvalidImage, match=r"gone\.jpg cannot be read"):
        read_image_size(tmp_path / "gone.jpg")


@pytest.mark.parametrize("shrink", images.SHRINKS)
@pytest.mark.parametrize("size", [(40, 24), (41, 23), (64, 33)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_can_be_decoded_smaller_and_stands_upright_all_the_same(
    shrink: int, size: tuple[int, int], orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(colours()).resize(size, Image.Resampling.NEAREST)
    data = encoded(picture, "JPEG", quality=95, subsampling=0, exif=exif)
    whole, small = decode_image(data, "a.jpg"), decode_image(data, "a.jpg", shrink=shrink)
    assert (small.width, small.height) == (-(-whole.width // shrink), -(-whole.height // shrink))
    assert small.sha256 == whole.sha256
    corners = np.ix_([0, small.height - 1], [0, small.width - 1])
    there = np.ix_([0, whole.height - 1], [0, whole.width - 1])
    assert np.abs(small.pixels[corners].astype(int) - whole.pixels[there]).max() < 60


@pytest.mark.parametrize(("size", "form"), [((7, 30), "JPEG"), (None, "PNG")])
def test_what_cannot_be_shrunk_while_it_decodes_comes_as_it_is(size: tuple[int, int] | None, form: str) -> None:
    picture = Image.fromarray(colours())
    data = encoded(picture.resize(size) if size else picture, form)
    whole, small = decode_image(data, "a"), decode_image(data, "a", shrink=8)
    assert (small.pixels == whole.pixels).all()
