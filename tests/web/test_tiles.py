"""Tiles: put together they are the image, at every level, for odd sides, and with little room."""

import io
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from maskloop.errors import ImageFileChanged, InvalidImage, NotFound
from maskloop.formats.images import decode_image
from maskloop.values import Image, Split
from maskloop.web.tiles import TILE_PX, Tiles, halved, last_level

ORIENTATION = 0x0112


def smooth(width, height):
    """(H, W, 3): waves without noise, of which JPEG keeps nearly all."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    waves = [np.sin(x / 40 + y / 90), np.sin(y / 50), np.cos(x / 70)]
    return np.stack([127 + 100 * wave for wave in waves], axis=2).astype(np.uint8)


def encoded(pixels, form="PNG", **options):
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def facts(width, height, name="a.png", image_id="i"):
    return Image(image_id, "p", name, "", width, height, "0" * 64, Split.POOL)


class Files:
    """Image files by id, and how often each was read."""

    def __init__(self, **files):
        self.files = files
        self.read = []

    def __call__(self, project_id, image_id):
        assert project_id == "p"
        self.read.append(image_id)
        return self.files[image_id]


class Cutting:
    """Tiles of these files, whoever asks."""

    def __init__(self, files, **options):
        self._tiles = Tiles(**options)
        self._files = files

    def tile(self, image, level, x, y):
        return self._tiles.tile(image, level, x, y, lambda: self._files(image.project_id, image.id))

    @property
    def bytes(self):
        return self._tiles.bytes


def decoded(data):
    return np.asarray(Picture.open(io.BytesIO(data)).convert("RGB"))


def put_together(tiles, image, level):
    width, height = halved(image.width, level), halved(image.height, level)
    whole = np.zeros((height, width, 3), np.uint8)
    for y in range(-(-height // TILE_PX)):
        for x in range(-(-width // TILE_PX)):
            tile = decoded(tiles.tile(image, level, x, y))
            whole[y * TILE_PX : (y + 1) * TILE_PX, x * TILE_PX : (x + 1) * TILE_PX] = tile
    return whole


def error(left, right):
    assert left.shape == right.shape
    return np.abs(left.astype(int) - right.astype(int)).mean()


def means_of_blocks(pixels, side):
    """(ceil(H / side), ceil(W / side), 3), of what there is of each block."""
    whole = pixels.astype(np.float64)
    for axis in (0, 1):
        starts = np.arange(0, whole.shape[axis], side)
        lengths = np.diff([*starts, whole.shape[axis]])
        shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
        whole = np.add.reduceat(whole, starts, axis=axis) / lengths.reshape(shape)
    return whole.astype(np.uint8)


@settings(max_examples=15)
@given(st.integers(1, 1400), st.integers(1, 1400), st.sampled_from(["PNG", "JPEG"]))
def test_the_tiles_of_level_0_are_the_image(width, height, form):
    pixels = smooth(width, height)
    options = {"quality": 98, "subsampling": 0} if form == "JPEG" else {}
    tiles = Cutting(Files(i=encoded(pixels, form, **options)))
    assert error(put_together(tiles, facts(width, height), 0), pixels) < 1.5


@pytest.mark.parametrize("form", ["BMP", "JPEG"])
@pytest.mark.parametrize("first", [0, 1, 3], ids="first-asked-for-{}".format)
def test_each_level_is_half_of_the_one_before_rounded_up(form, first):
    pixels = smooth(2051, 1029)
    options = {"quality": 98, "subsampling": 0} if form == "JPEG" else {}
    tiles, image = Cutting(Files(i=encoded(pixels, form, **options))), facts(2051, 1029)
    tiles.tile(image, first, 0, 0)
    for level in range(4):
        assert error(put_together(tiles, image, level), means_of_blocks(pixels, 2**level)) < 2


@pytest.mark.parametrize(
    ("width", "height", "last"),
    [(1, 1, 0), (512, 512, 0), (513, 10, 1), (10, 1024, 1), (1025, 1024, 2), (5000, 3333, 4), (12_000, 9_000, 5)],
)
def test_the_last_level_is_the_first_that_fits_into_one_tile(width, height, last):
    assert last_level(width, height) == last
    assert max(halved(width, last), halved(height, last)) <= TILE_PX


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiles_stand_upright(orientation):
    pixels = smooth(900, 600)
    exif = Picture.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(pixels, "JPEG", quality=98, subsampling=0, exif=exif)
    upright = decode_image(data, "a.jpg")
    image = facts(upright.width, upright.height)
    tiles = Cutting(Files(i=data))
    coarse = put_together(tiles, image, 1)  # of a file that is decoded at half its size
    assert error(coarse, np.asarray(Picture.fromarray(upright.pixels).reduce(2))) < 2
    assert error(put_together(tiles, image, 0), upright.pixels) < 1.5


@pytest.mark.parametrize(
    "picture",
    [
        Picture.fromarray(smooth(30, 20)).convert("L"),
        Picture.fromarray(smooth(30, 20)).convert("P"),
        Picture.fromarray(smooth(30, 20)).convert("CMYK"),
        Picture.fromarray(smooth(30, 20)[:, :, 0].astype(np.uint16) * 200),
        Picture.fromarray(smooth(30, 20)).convert("RGBA"),
        Picture.fromarray(smooth(30, 20)).convert("1"),
    ],
    ids=lambda picture: picture.mode,
)
def test_every_mode_comes_as_the_server_sees_it(picture):
    file = io.BytesIO()
    picture.save(file, "TIFF")
    seen = decode_image(file.getvalue(), "a.tif").pixels
    tile = decoded(Cutting(Files(i=file.getvalue())).tile(facts(30, 20), 0, 0, 0))
    assert error(tile, seen) < 12  # palettes are dithered


@pytest.mark.parametrize(("level", "x", "y"), [(2, 0, 0), (-1, 0, 0), (0, 2, 0), (0, 0, 2), (1, 1, 0), (0, -1, 0)])
def test_a_tile_that_there_is_not_is_not_found(level, x, y):
    files = Files(i=encoded(smooth(600, 600)))
    with pytest.raises(NotFound, match=r"image a\.png"):
        Cutting(files).tile(facts(600, 600), level, x, y)
    assert not files.read


def test_a_file_that_is_no_picture_or_another_one_is_refused():
    with pytest.raises(InvalidImage):
        Cutting(Files(i=b"nothing")).tile(facts(10, 10), 0, 0, 0)
    with pytest.raises(ImageFileChanged, match="not of 10 x 10 pixels"):
        Cutting(Files(i=encoded(smooth(10, 11)))).tile(facts(10, 10), 0, 0, 0)


def test_a_small_image_whose_file_has_become_huge_is_not_decoded():
    file = io.BytesIO()
    Picture.new("1", (4000, 4000)).save(file, "PNG")
    with pytest.raises(InvalidImage, match="4000 x 4000 pixels"):
        Cutting(lambda *_: file.getvalue()).tile(facts(70, 50), 0, 0, 0)


def test_no_more_is_kept_than_there_is_room_for_and_the_least_recently_used_goes():
    pictures = {name: encoded(smooth(600, 600)) for name in "abc"}
    files = Files(**pictures)
    one = 600 * 600 * 3
    tiles = Cutting(files, most_bytes=2 * one + 10)
    for name in "abacab":
        tiles.tile(facts(600, 600, image_id=name), 0, 0, 0)
        assert tiles.bytes <= 2 * one + 10
    assert "".join(files.read) == "abcb"  # b made room for c, and c for b


def test_an_image_that_has_no_room_at_all_is_kept_while_it_is_the_only_one():
    files = Files(a=encoded(smooth(600, 600)))
    tiles = Cutting(files, most_bytes=10)
    for _ in range(2):
        tiles.tile(facts(600, 600, image_id="a"), 0, 1, 1)
    assert files.read == ["a"]


def test_many_threads_decode_an_image_once():
    files = Files(i=encoded(smooth(700, 700)))
    tiles, image = Cutting(files), facts(700, 700)
    places = [(0, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 0)]  # of a PNG, which has no smaller picture in it
    begin, found = threading.Barrier(10), []

    def ask(place):
        begin.wait(10)
        found.append((place, tiles.tile(image, *place)))

    threads = [threading.Thread(target=ask, args=(places[number % 5],)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 10
    assert len(dict(found)) == len(set(found))
    assert files.read == ["i"]


def test_what_is_looked_at_from_afar_is_not_decoded_whole():
    data = encoded(smooth(2400, 1600), "JPEG", quality=90)
    tiles, image = Cutting(Files(i=data)), facts(2400, 1600)
    tiles.tile(image, 3, 0, 0)
    assert tiles.bytes == 300 * 200 * 3
    tiles.tile(image, 2, 0, 0)
    assert tiles.bytes == (300 * 200 + 600 * 400) * 3
