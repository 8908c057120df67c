"""Weights that a recipe names: by name, or in a file below the roots."""

import os
from pathlib import Path

import pytest

from maskloop.errors import InvalidConfig
from models.encoders.names import NAMED_WEIGHTS
from service.desk.models.weights import WeightsRoots


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "mine.pth").write_bytes(b"12345")
    (tmp_path / "secret.pth").write_bytes(b"12345")
    return tmp_path / "weights"


def refusal(roots: WeightsRoots, weights: object) -> str:
    with pytest.raises(InvalidConfig) as refused:
        roots.check({"weights": weights})
    assert refused.value.field == "weights"
    return refused.value.message


def test_files_below_a_root_are_taken_and_names_always(root):
    WeightsRoots([root]).check({"weights": str(root / "mine.pth")})
    WeightsRoots([root]).check({"weights": f"{root}/../weights/mine.pth"})
    for name in ("", *NAMED_WEIGHTS):
        WeightsRoots().check({"weights": name})
    WeightsRoots().check({"encoder": "/etc/passwd"})


def test_outside_the_roots_the_words_do_not_say_whether_a_file_exists(root, tmp_path):
    (root / "link.pth").symlink_to(tmp_path / "secret.pth")
    (root / "circle").symlink_to(root / "circle")
    outside = ["secret.pth", "nothing.pth", "weights/../secret.pth", "weights/link.pth"]
    told = {refusal(WeightsRoots([root]), str(tmp_path / name)).replace(name, "NAME") for name in outside}
    assert len(told) == 1
    assert "lie under none of this server's weights_roots" in told.pop()
    for odd in ("a\0b", "x" * 5000, "/dev/zero", str(root / "circle"), "~/mine.pth", "mine.pth"):
        assert "weights_roots" in refusal(WeightsRoots([root]), odd)
    assert len(refusal(WeightsRoots([root]), "x" * 5000)) < 500


def test_without_roots_no_file_is_taken_and_a_mistyped_name_is_told(root):
    assert "weights_roots" in refusal(WeightsRoots(), str(root / "mine.pth"))
    assert refusal(WeightsRoots(), "pakage").endswith("; did you mean 'package'?")


def test_a_root_holds_what_is_no_regular_file_and_what_is_too_large(root):
    os.mkfifo(root / "pipe.pth")
    for name in ("pipe.pth", "missing.pth", "."):
        assert refusal(WeightsRoots([root]), str(root / name)).endswith("are no file that can be read")
    assert "have 5 bytes; max_weights_bytes is 4" in refusal(WeightsRoots([root], 4), str(root / "mine.pth"))
