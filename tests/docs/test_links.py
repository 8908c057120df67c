"""Links and pictures of the pages lead somewhere."""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


@pytest.mark.parametrize("page", pages(), ids=str)
def test_links_lead_to_files_and_headings(page):
    broken = []
    for target in links(page):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        place = (ROOT / page.parent / path).resolve() if path else ROOT / page
        if not place.exists() or (anchor and anchor not in anchors(place.relative_to(ROOT))):
            broken.append(target)
    assert broken == []


def test_every_page_of_docs_is_linked_from_another():
    linked = {(ROOT / page.parent / target.partition("#")[0]).resolve() for page in pages() for target in links(page)}
    folders = {place for place in linked if place.is_dir()}
    alone = [page for page in pages() if page.parts[0] == "docs" and (ROOT / page) not in linked]
    assert [page for page in alone if (ROOT / page).parent not in folders] == []
