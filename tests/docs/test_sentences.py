"""Every page is written in sentences of fewer than 25 words."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import CODE, LINK, pages, prose

MOST_WORDS = 24
NO_END = ("et al.", "e.g.", "i.e.", "vs.", "cf.", "d.f.", "Fig.", "No.", "p.", "pp.", "...")
"""What ends in a full stop and ends no sentence."""


def sentences(paragraph: str) -> list[str]:
    """Sentences of one paragraph; code counts as a word, a link as its text."""
    plain = LINK.sub(lambda match: match["text"], CODE.sub("CODE", paragraph)).replace("**", "")
    parts = [""]
    for word in plain.split():
        parts[-1] += f"{word} "
        ends = word.rstrip("\"')]*_").endswith((".", "!", "?")) and not _is_short_form(parts[-1])
        if ends:
            parts.append("")
    return [sentence.strip() for sentence in parts if sentence.strip()]


def _is_short_form(so_far: str) -> bool:
    text = so_far.rstrip(" )*_")
    return any(text.endswith(f" {short}") or text in (short, f"({short}") for short in NO_END)


def words(sentence: str) -> int:
    return sum(bool(re.search(r"\w", word)) for word in sentence.split())


def long_sentences(page) -> list[str]:
    every = [sentence for paragraph in prose(page) for sentence in sentences(paragraph)]
    return [f"{words(sentence)} words: {sentence}" for sentence in every if words(sentence) > MOST_WORDS]


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_page_has_no_sentence_of_25_words_or_more(page):
    assert long_sentences(page) == []


def test_sentences_are_told_apart():
    text = "A head (Bellver et al.) is fitted. It has **.5 of `a b c. d`.** Does [it rank](x.md)? Yes: .1, .2; no more."
    assert sentences(text) == [
        "A head (Bellver et al.) is fitted.",
        "It has .5 of CODE.",
        "Does it rank?",
        "Yes: .1, .2; no more.",
    ]
    assert sentences("It takes a step. Then p. 3 ends.") == ["It takes a step.", "Then p. 3 ends."]
    assert words("It has - .5 of CODE.") == 5
