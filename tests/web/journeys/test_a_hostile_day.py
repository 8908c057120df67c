"""What goes wrong in a day of labeling: keys hit twice, connections lost, two windows, refusals. No work is lost."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image as Picture

from maskloop.values import (
    Budget,
    Category,
    ImageImport,
    Split,
    Strategy,
    SupervisionKind,
)
from tests.web.journeys.chromium import SECOND_LOOK_MS, needs_chromium

pytestmark = [needs_chromium, pytest.mark.slow]
PROJECT = "day"
SIZE = WIDTH, HEIGHT = 240, 160
CENTRE, RADIUS = (120, 80), 40
NAMES = ("disc", "<script>document.title='taken'</script>", "n" * 100, *(f"class {place}" for place in range(4, 13)))
POOL = 60
_names = itertools.count()


def disc():
    """(H, W) bool."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return np.hypot(columns - CENTRE[0], rows - CENTRE[1]) <= RADIUS


def photo(seed):
    """A bright disc on dark ground, as PNG."""
    pixels = np.random.default_rng(seed).integers(0, 30, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[disc()] += 200
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def day(server):
    """A client; the project has no network, so that people draw everything themselves."""
    client = server.client
    client.create_project(
        project_id=PROJECT, categories=[Category(place, name) for place, name in enumerate(NAMES, start=1)]
    )
    images = [ImageImport(f"disc{place}.png", Split.POOL, data=photo(place)) for place in range(POOL)]
    client.import_images(project_id=PROJECT, images=images)
    client.create_campaign(
        project_id=PROJECT, campaign_id="week", budget=Budget(seconds=360_000), strategy=Strategy("random")
    )
    return client


@pytest.fixture
def begun(day, person):
    """Begins a batch for somebody new, and gives them with the file names they were given."""

    def begin(kind, images, **more):
        who = person(more.pop("name", f"ann{next(_names)}"), **more)
        who.start(kind, images=images, project=PROJECT)
        return who

    return begin


def labels_of(client, who, kind):
    labels = client.list_labels(project_id=PROJECT, kind=kind)
    return [label for label in labels if label.annotator == who.name]


def open_batch(client, who):
    (record,) = (
        each for each in client.list_batches(project_id=PROJECT, campaign_id="week") if each.batch.annotator == who.name
    )
    return record.batch


def test_marks_survive_another_tool(day, begun):
    who = begun("points", 1)
    who.click(*CENTRE, SIZE)
    who.click(20, 20, SIZE)
    who.press("v", "d", "Escape")
    assert len(who.objects()) == 2
    who.submit()
    who.wait("done")
    who.settled()
    (label,) = labels_of(day, who, SupervisionKind.POINTS)
    assert len(label.content.points) == 2


def test_enter_hit_twice_hands_in_one_image_and_says_nothing_of_the_next(day, begun):
    who = begun("counts", 3)
    first = who.shown
    who.press("1", "Enter", "Enter")
    who.page.wait_for_function("name => !document.querySelector('#image-name').innerText.startsWith(name)", arg=first)
    who.press("Enter", "Enter", "Enter")
    who.settled()
    assert who.page.inner_text("#progress-words").startswith("2 of 3")
    assert len(labels_of(day, who, SupervisionKind.COUNTS)) == 1
    who.page.wait_for_timeout(SECOND_LOOK_MS)
    who.submit()
    who.say_nothing_is_there()
    who.wait("done")
    who.settled()
    assert [len(label.content.by_category) for label in labels_of(day, who, SupervisionKind.COUNTS)].count(0) == 2


def test_a_skip_survives_a_lost_connection_as_labels_do(day, begun):
    who = begun("boxes", 3)
    who.drag((80, 40), (160, 120), size=SIZE)
    who.context.set_offline(True)
    who.press("s", "2")
    who.page.locator("#post").wait_for()
    who.wait("ready", "error")
    who.context.set_offline(False)
    who.settled()
    who.wait("ready")
    batch = open_batch(day, who)
    assert len(day.get_batch(project_id=PROJECT, batch_id=batch.id).picks) == 2
    who.page.reload()
    who.wait("ready")
    assert who.page.inner_text("#progress-words").startswith("1 of 2")


def test_the_rest_of_a_batch_is_given_back_and_its_drafts_are_kept(day, begun):
    who = begun("points", 3)
    who.click(*CENTRE, SIZE)
    who.submit()
    who.click(20, 20, SIZE)
    who.page.click('[data-action="give-back"]')
    who.page.click("[data-give-back]")
    who.wait("done")
    who.settled()
    who.page.locator("#veil-text", has_text="1 image.").wait_for()
    assert not day.get_batch(project_id=PROJECT, batch_id=open_batch(day, who).id).picks
    assert len(labels_of(day, who, SupervisionKind.POINTS)) == 1


def test_the_end_of_a_batch_says_when_its_labels_have_arrived(day, begun):
    who = begun("points", 1)
    who.click(*CENTRE, SIZE)
    who.context.set_offline(True)
    who.submit()
    who.wait("done")
    assert who.page.inner_text("#veil-text") == "Its last labels are on their way."
    who.context.set_offline(False)
    who.settled()
    who.page.locator("#veil-text", has_text="1 image.").wait_for()


def test_two_windows_of_one_browser_label_under_two_names(day, begun):
    mia = begun("points", 1, name="mia")
    mia.click(*CENTRE, SIZE)
    max_ = begun("points", 1, name="max", beside=mia)
    assert mia.shown != max_.shown
    max_.click(20, 20, SIZE)
    max_.submit()
    max_.wait("done")
    mia.page.reload()
    mia.wait("ready")
    assert len(mia.objects()) == 1
    mia.submit()
    mia.wait("done")
    mia.settled()
    max_.settled()
    assert [len(labels_of(day, who, SupervisionKind.POINTS)) for who in (mia, max_)] == [1, 1]


def test_a_tab_that_was_left_does_not_write_over_the_other_ones_work(day, begun):
    old = begun("points", 1, name="tom")
    old.click(*CENTRE, SIZE)
    new = begun_beside(begun, old)
    new.page.click('[data-offer="take-over"]')
    new.wait("ready")
    new.click(20, 20, SIZE)
    assert len(new.objects()) == 2
    old.page.bring_to_front()
    old.page.evaluate("dispatchEvent(new Event('pagehide'))")
    old.press("Enter")
    new.page.bring_to_front()
    new.page.reload()
    new.wait("ready")
    assert len(new.objects()) == 2


def begun_beside(begun, other):
    """The same person in a second tab, where the page says that they label in the first."""
    who = type(other)(other.context, other.url, other.name)
    who.page.goto(other.page.url)
    who.page.locator('[data-offer="take-over"]').wait_for()
    return who


def test_a_refused_label_is_kept_and_can_be_mended(day, begun):
    who = begun("points", 2)
    shown = who.shown
    who.click(*CENTRE, SIZE)
    batch = open_batch(day, who)
    names = {day.get_image(project_id=PROJECT, image_id=pick.image_id).file_name: pick.image_id for pick in batch.picks}
    day.release_batch(project_id=PROJECT, batch_id=batch.id, annotator=who.name, image_ids=[names[shown]])
    who.submit()
    who.page.locator('#post[data-tone="bad"]').click()
    assert "somebody else has the image" in who.page.inner_text("#parcels")
    who.page.click("[data-mend]")
    who.page.locator("#post").wait_for(state="hidden")
    who.page.locator("#image-name", has_text=shown).wait_for()
    assert len(who.objects()) == 1
    assert not labels_of(day, who, SupervisionKind.POINTS)


def test_names_are_text(day, begun):
    who = begun("full", 1)
    assert who.page.title() != "taken"
    names = who.page.locator("#classes .name").all_inner_texts()
    assert names == list(NAMES)
    wide = "[...document.querySelectorAll('*')].filter((each) => each.getBoundingClientRect().right > innerWidth)"
    assert who.page.evaluate(f"{wide}.length") == 0


@pytest.mark.parametrize(
    ("key", "code", "tool"),
    [("b", "KeyB", "brush"), ("и", "KeyB", "brush"), ("B", "KeyB", "brush"), ("д", "KeyL", "magnetic")],
)
def test_keys_of_other_layouts(day, begun, key, code, tool):
    who = begun("full", 1)
    who.page.evaluate(
        "([key, code]) => document.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true}))", [key, code]
    )
    assert who.page.get_attribute(f'[data-tool="{tool}"]', "aria-pressed") == "true"


def test_a_magnetic_line_becomes_the_mask_that_it_encloses(day, begun):
    who = begun("full", 1)
    who.press("l")
    for angle in np.linspace(0, 2 * np.pi, 7)[:-1]:
        x, y = CENTRE[0] + RADIUS * np.cos(angle), CENTRE[1] + RADIUS * np.sin(angle)
        who.page.mouse.move(*who.at(x, y, SIZE), steps=3)
        who.click(x, y, SIZE)
    who.press("Enter")
    assert who.objects() == ["drawn"]
    who.submit()
    who.wait("done")
    who.settled()
    (label,) = labels_of(day, who, SupervisionKind.FULL)
    mask = label.objects[0].mask.to_array()
    assert (mask & disc()).sum() / (mask | disc()).sum() > 0.93


def test_masks_that_are_drawn_again_in_part_look_as_if_drawn_anew(day, begun):
    who = begun("full", 1)
    picture = "document.querySelector('#masks').toDataURL()"
    who.press("p")
    for left in (30, 60, 110):
        for corner in ((left, 30), (left + 70, 40), (left + 40, 120)):
            who.click(*corner, SIZE)
        who.press("Enter")
    who.press("ArrowRight", "2", "g", "g", "ArrowLeft", "Shift+g", "ArrowRight")
    who.page.wait_for_timeout(100)
    in_part = who.page.evaluate(picture)
    for width in (1281, 1280):
        who.page.set_viewport_size({"width": width, "height": 800})
        who.page.wait_for_timeout(100)
    assert who.page.evaluate(picture) == in_part
    assert len(in_part) > 5_000
