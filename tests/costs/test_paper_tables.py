"""The printed cells of Bellver et al., Tables 1, 6 and 8, of Lee, Table 2.1, and of Janouskova et al., time saved."""

from __future__ import annotations

import pytest

from maskloop.costs.paper_tables import TABLES, table_1, table_2_1, table_6, table_8, table_time_saved


def printed(table, row):
    return [cell.text for cell in table.rows[row]]


@pytest.mark.parametrize(("kind", "seconds"), [("IL", "20"), ("IL+C", "22.22"), ("Full", "239.7"), ("BB", "38.1")])
def test_table_1_is_the_papers(kind, seconds):
    assert printed(table_1(), kind) == [seconds]


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("class", "20.0"), ("point", "22.2"), ("scribble", "34.9"), ("box", "38.1"), ("full", "239.7")],
)
def test_table_2_1_is_the_dissertations(kind, seconds):
    assert printed(table_2_1(), kind) == [seconds]


def test_table_2_1_says_what_every_object_takes():
    assert "Every object, which labels of ours have, takes 23.4 or 49.1 s" in table_2_1().notes[1]


@pytest.mark.parametrize(
    ("table", "row", "cells"),
    [
        (table_6, "random", "0.55 1.11 2.22 2.90 3.45 4.56"),
        (table_6, "guided", "0.90 1.38 2.39 3.25 3.73 4.73"),
        (table_8, "random", "0.55 1.11 2.22 1.73 2.28 3.39"),
        (table_8, "guided", "0.90 1.38 2.39 2.08 2.55 3.56"),
    ],
)
def test_tables_6_and_8_are_the_papers(table, row, cells):
    assert printed(table(), row) == cells.split()


@pytest.mark.parametrize(
    ("table", "days"),
    [
        (table_6, [0.8799, 1.3834, 2.3902, 3.2249, 3.7283, 4.7351]),
        (table_8, [0.8799, 1.3834, 2.3902, 2.0524, 2.5558, 3.5627]),
    ],
)
def test_by_the_papers_text_the_guided_rows_differ_at_200_images(table, days):
    assert [cell.value for cell in table().rows["by the text"]] == pytest.approx(days, abs=5e-5)


@pytest.mark.parametrize(
    ("table", "days"),
    [
        (table_6, [0.9056, 1.3834, 2.3902, 3.2506, 3.7283, 4.7351]),
        (table_8, [0.9056, 1.3834, 2.3902, 2.0781, 2.5558, 3.5627]),
    ],
)
def test_the_printed_guided_rows_count_1364_images_at_200(table, days):
    assert [cell.value for cell in table().rows["guided"]] == pytest.approx(days, abs=5e-5)


def test_fifteen_of_eighteen_cells_are_rounded_and_three_cut_off():
    cells = [cell for table in (table_6(), table_8()) for row in ("random", "guided") for cell in table.rows[row]]
    cells = list({cell.value: cell for cell in cells}.values())
    assert len(cells) == 18
    cut_off = [cell for cell in cells if cell.text != f"{cell.value:.2f}"]
    assert [cell.text for cell in cut_off] == ["0.90", "4.73", "2.55"]
    assert all(0 < cell.value - float(cell.text) < 0.01 for cell in cut_off)


def test_the_slip_at_200_images_is_explained():
    slip, digits = table_8().notes
    assert "R = 1464 - N. At N = 200 that gives 0.88 and 2.05 days" in slip
    assert "1364" in slip
    assert "0.9056 and 2.5558" in digits


@pytest.mark.parametrize("name", TABLES)
def test_every_row_fills_every_column(name):
    table = TABLES[name]()
    assert all(len(cells) == len(table.columns) for cells in table.rows.values())


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("computed", "56.80 57.54 40.34 51.45 51.56"),
        ("as printed", "57 58 40 51 52"),
        ("continuous, least", "52.13 53.66 38.29 47.86 48.03"),  # crack: (19 x .94 + 40 x .7 + 30 x .4) / 111
        ("continuous, most", "77.84 77.94 66.36 74.01 74.05"),  # crack: (19 + 40 x .94 + 30 x .7 + 22 x .4) / 111
    ],
)
def test_time_saved_is_the_papers_with_the_continuous_form_between_two_bounds(row, cells):
    assert table_time_saved().columns == ("crack", "spalling", "rust", "micro", "macro")
    assert printed(table_time_saved(), row) == cells.split()


def test_time_saved_tells_its_groups_and_what_each_mean_is():
    groups, means, continuous = table_time_saved().notes
    assert "crack 19, 40, 30 of 111; spalling 17, 19, 14 of 65; rust 22, 14, 9 of 89" in groups
    assert "prints 51 over all classes: micro, the mean of the 265 objects. Its text says 52: macro" in means
    assert "the paper prints none" in continuous
