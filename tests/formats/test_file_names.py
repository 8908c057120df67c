"""Names are matched to the file they mean, and never to another."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.formats.file_names import match_names


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ("a.png", "a.png"),
        ("./a.png", "a.png"),
        ("images\\a.png", "a.png"),
        ("images\\deep\\a.png", "deep/a.png"),
        ("C:\\Users\\Ada\\photos\\a.png", "a.png"),
        ("../images/a.png", "a.png"),
        ("..\\images\\a.png", "images/a.png"),
        ("/home/ada/photos/deep/a.png", "deep/a.png"),
        ("a.png", "deep/a.png"),
        ("crack%20(1).png", "crack (1).png"),
        ("deep%2Fa%20b.png", "deep/a b.png"),
        (unicodedata.normalize("NFD", "Brücke.png"), unicodedata.normalize("NFC", "Brücke.png")),
        (unicodedata.normalize("NFC", "한국.png"), unicodedata.normalize("NFD", "한국.png")),
        ("/data/local-files/?d=photos/a%20b.png", "a b.png"),
        ("http://localhost:8080/data/local-files/?d=photos/a.png", "photos/a.png"),
        ("https://bucket.example.org/photos/a.png?signature=x%2Fy", "a.png"),
        ("s3://bucket/photos/a.png", "photos/a.png"),
        ("file:///home/ada/a.png", "a.png"),
        ("images/0a1b2c3d-a.png", "a.png"),
        ("/data/upload/3/0a1b2c3d-crack_1.png", "photos/crack (1).png"),
        ("0a1b2c3d-0a1b2c3d-a.png", "0a1b2c3d-a.png"),
        ("a_png.rf.0123456789abcdef.jpg", "a.png"),
        ("train/IMG-20-1_jpeg.rf.0aBcdefghijkLMNOP.jpg", "IMG 20 (1).jpeg"),
        ("A.PNG", "a.png"),
        ("Images/DSC01.JPG", "dsc01.jpg"),
        ("100%.png", "100%.png"),
        ("a+b#1.png", "a+b#1.png"),
    ],
)
def test_a_name_is_found_as_tools_spell_it_and_the_other_way_round(listed: str, wanted: str) -> None:
    others = ["other.png", "0a1b2c3d-other.png", "z/b.png"]
    assert match_names([*others, listed], [wanted]).found == {wanted: listed}
    assert match_names([*others, wanted], [listed]).found == {listed: wanted}


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ("b/a.png", "c/a.png"),
        ("aa.png", "a.png"),
        ("a.jpg", "a.png"),
        ("1a1b2c3d-a.png", "0a1b2c3d-a.png"),
        ("0a1b2c3-a.png", "a.png"),
        ("a_jpg.rf.0123456789abcdef.jpg", "a.png"),
        ("a_png.rf.0123456789abcdef.jpg", "a_png.rf.fedcba9876543210.jpg"),
        ("b%20a.png", "b_a.png"),
        ("", "a.png"),
    ],
)
def test_another_file_is_never_taken(listed: str, wanted: str) -> None:
    matches = match_names([listed], [wanted])
    assert matches.found == {}
    assert matches.problems[wanted].startswith("the file does not list this image; ")


def test_a_better_match_goes_first() -> None:
    listed = ["x/a.png", "a.png", "A.png", "0a1b2c3d-a.png"]
    assert match_names(listed, ["a.png"]).found == {"a.png": "a.png"}
    found = match_names(listed, ["A.png", "a.png", "x/a.png"]).found
    assert found == {name: name for name in ("A.png", "a.png", "x/a.png")}


@pytest.mark.parametrize(
    ("listed", "wanted", "problem"),
    [
        (["x/a.png", "y/a.png"], ["a.png"], "it may be 'x/a.png' or 'y/a.png': only one can be meant"),
        (["a.png"], ["x/a.png", "y/a.png"], "'a.png' may be 'x/a.png' or 'y/a.png': only one can be meant"),
        (["00000001-a.png", "00000002-a.png"], ["a.png"], "it may be '00000001-a.png' or '00000002-a.png'"),
        (["a_png.rf.1.jpg", "a_png.rf.2.jpg", "a_png.rf.3.jpg"], ["a.png"], "'a_png.rf.2.jpg' (and 1 more)"),
        (["A.png", "a.PNG"], ["a.png"], "it may be 'A.png' or 'a.PNG'"),
        (["a.png", "a.png"], ["a.png"], "it is listed twice, as 'a.png' and 'a.png'"),
        (["a.png", "./a.png"], ["a.png"], "it is listed twice, as 'a.png' and './a.png'"),
        (["images/a.png", "images/a.png"], ["a.png"], "it is listed twice"),
    ],
)
def test_two_that_could_be_meant_are_both_named(listed: list[str], wanted: list[str], problem: str) -> None:
    matches = match_names(listed, wanted)
    assert matches.found == {}
    assert all(problem in matches.problems[name] for name in wanted)


def test_a_name_that_means_what_another_has_is_told_so() -> None:
    matches = match_names(["x/a.png"], ["a.png", "x/a.png"])
    assert matches.found == {"x/a.png": "x/a.png"}
    assert matches.problems == {"a.png": "the file does not list this image; 'x/a.png' is taken for 'x/a.png'"}


def test_a_name_that_is_not_there_shows_the_nearest_or_the_first_few() -> None:
    listed = [f"IMG_{place:04}.jpg" for place in range(12)]
    problems = match_names(listed, ["img_0012.jpg", "bridge.tif"], missing="there is no such picture").problems
    assert problems["img_0012.jpg"].startswith("there is no such picture; the nearest there: 'IMG_00")
    first = "'IMG_0000.jpg', 'IMG_0001.jpg', 'IMG_0002.jpg' and 9 more"
    assert problems["bridge.tif"] == f"there is no such picture; others there: {first}"
    assert match_names([], ["a.png"]).problems == {"a.png": "the file does not list this image; there is no other"}


names = st.text(st.sampled_from("aAbü ./\\%2-_é"), min_size=1, max_size=8)


@given(st.lists(names, max_size=6), st.lists(names, max_size=6))
def test_each_name_is_found_or_explained_and_no_file_is_given_twice(listed: list[str], wanted: list[str]) -> None:
    matches = match_names(listed, wanted)
    assert set(matches.found) | set(matches.problems) == set(wanted)
    assert not set(matches.found) & set(matches.problems)
    assert len(set(matches.found.values())) == len(matches.found)
    assert set(matches.found.values()) <= set(listed)


@given(st.lists(st.uuids(), min_size=1, max_size=8, unique=True), st.sampled_from(range(6)))
def test_a_tools_spelling_of_a_whole_folder_is_undone(ids: list[object], spelling: int) -> None:
    spell = (
        lambda name: name,
        lambda name: f"images\\{name}",
        lambda name: quote(f"/data/photos/{name}"),
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: f"/data/upload/1/0a1b2c3d-{name.replace(' ', '_')}",
        lambda name: f"train/{name.replace(' ', '-').replace('.', '_')}.rf.0123456789abcdef.jpg",
    )[spelling]
    wanted = [f"Brücke {id_}.png" for id_ in ids]
    assert match_names(map(spell, wanted), wanted).found == {name: spell(name) for name in wanted}
