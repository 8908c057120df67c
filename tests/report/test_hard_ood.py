import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from maskloop.report import HardImage, HardOodReport, RunReport, read_report, shown_groups, write_report
from maskloop.report.hard_ood import CLUSTERS_SHOWN, IMAGES_A_CLUSTER, MOST_ALONE, expected_ood_checks, say_hard_ood
from tests.report.test_write import Page, page

Make = Callable[..., RunReport]


def hard(image: str, cluster: int, probability: float = 0.9, answer: str | None = None) -> HardImage:
    return HardImage(image, f"{image}.jpg", "balloon", probability, cluster, answer)


LOOKS = HardOodReport(
    round=1,
    classifier="c1",
    candidates=1200,
    hard_images=90,
    clusters=2,
    checked=40,
    not_ood=10,
    cost_s=40.0,
    images=(hard("a", 0, answer=""), hard("b", 0, 0.7), hard("c", 1, answer="balloon")),
)


def test_looks_needed_are_those_of_the_paper_s_formula() -> None:
    # Lee, section 2.5: n / (1 - r); 10 of 40 held something, so 100 more need 100 / 0.75
    assert expected_ood_checks(100, 40, 10) == 400 / 3
    assert expected_ood_checks(100, 0, 0) is None
    assert expected_ood_checks(100, 5, 5) is None


def test_the_looks_are_said_in_words() -> None:
    assert say_hard_ood([LOOKS]) == (
        "The latest classifier took 90 of 1,200 candidates for something, in 2 groups. People looked at 40 in 40 s: "
        "30 hold nothing, 10 something. At that rate, 100 more that hold nothing take about 133 looks."
    )
    later = dataclasses.replace(LOOKS, round=2, checked=5, not_ood=0, cost_s=5.0)
    assert "People looked in 2 rounds at 45 in 45 s: 35 hold nothing, 10 something." in say_hard_ood([LOOKS, later])
    assert say_hard_ood([later]).endswith("People looked at 5 in 5 s: none holds anything.")
    nobody = dataclasses.replace(LOOKS, checked=0, not_ood=0)
    assert say_hard_ood([nobody]).endswith("Nobody has looked at any yet.")
    few = dataclasses.replace(nobody, hard_images=9, clusters=9)
    assert say_hard_ood([few]).startswith(
        "The latest classifier took 9 of 1,200 candidates for something, too few to group."
    )
    none = dataclasses.replace(nobody, hard_images=0, clusters=0)
    assert say_hard_ood([none]).startswith("The latest classifier took none of 1,200 candidates for anything.")
    assert "take about" not in say_hard_ood([dataclasses.replace(LOOKS, not_ood=40)])


def test_groups_show_those_that_were_looked_at_first() -> None:
    many = tuple(hard(f"i{place}", 0, 1 - place / 100) for place in range(20))
    judged = dataclasses.replace(LOOKS, images=(*many, hard("z", 0, 0.5, answer="")))
    (group,) = shown_groups(judged)
    first, *others = group.images
    assert (group.name, first.image) == ("group 1 of 1", "z")
    assert [each.image for each in others] == [f"i{place}" for place in range(IMAGES_A_CLUSTER - 1)]


def test_images_that_are_alone_in_their_cluster_are_shown_together() -> None:
    images = (hard("a", 0), hard("b", 0, 0.7), hard("c", 1), hard("d", 2, 0.6, answer=""))
    groups = shown_groups(dataclasses.replace(LOOKS, images=images))
    assert [(group.name, [each.image for each in group.images]) for group in groups] == [
        ("group 1 of 1", ["a", "b"]),
        ("on their own", ["d", "c"]),
    ]


def test_of_many_groups_the_largest_are_shown_and_the_others_counted() -> None:
    pairs = tuple(hard(f"{side}{cluster:02d}", cluster) for cluster in range(CLUSTERS_SHOWN + 3) for side in "ab")
    alone = tuple(hard(f"c{cluster}", cluster) for cluster in range(100, 101 + MOST_ALONE))
    *groups, last = shown_groups(dataclasses.replace(LOOKS, images=pairs + alone))
    assert [group.name for group in groups] == [f"group {number} of 15" for number in range(1, 13)]
    assert [each.image for each in groups[-1].images] == ["a11", "b11"]
    assert (last.name, len(last.images)) == ("on their own, 22 of 23", 22)


def test_the_page_tells_rounds_apart_where_there_are_several(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report(hard_ood=(LOOKS,)))
    assert "candidates left" not in page(tmp_path).text
    later = dataclasses.replace(LOOKS, round=2, candidates=1160, hard_images=31, checked=8, not_ood=0)
    write_report(tmp_path, a_report(hard_ood=(LOOKS, later)))
    outcome = page(tmp_path)
    assert outcome.open == []
    assert "hold something 1 1,200 90 40 10 2 1,160 31 8 0 " in " ".join(outcome.text.split()) + " "


def test_the_page_shows_the_groups_as_pictures_and_keeps_them(tmp_path: Path, a_report: Make) -> None:
    report = a_report(hard_ood=(LOOKS,))
    pictures = {name: np.full((40, 30, 3), 90, np.uint8) for name in "abc"}
    write_report(tmp_path, report, hard_ood={1: pictures})
    assert_shown(page(tmp_path))
    assert read_report(tmp_path) == report
    write_report(tmp_path, report)  # a resumed run draws them no second time
    assert_shown(page(tmp_path))


def assert_shown(outcome: Page) -> None:
    assert outcome.open == []
    assert "What only looks like it" in outcome.text
    assert "nothing there" in outcome.text
    sources = [attributes.get("src") or "" for tag, attributes in outcome.tags if tag == "img"]
    assert sum(source.startswith("data:image/jpeg;base64,") for source in sources) == 3


def test_a_report_without_candidates_does_not_speak_of_them(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report())
    assert "What only looks like it" not in page(tmp_path).text
