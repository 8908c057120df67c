"""The commands in this process, by what the installed programs call; journeys and a few tests start the programs."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from maskloop.cli import al_loop as of_al_loop
from maskloop.cli import main as of_maskloop

Command = Callable[..., tuple[int | str, str, str]]


@pytest.fixture
def al_loop(monkeypatch, capsys) -> Command:
    """`al_loop(*options)`: exit code, output and complaints; an error that the command does not tell is raised."""
    return lambda *options: _run(of_al_loop.main, ["al-loop", *options], monkeypatch, capsys)


@pytest.fixture
def maskloop(monkeypatch, capsys) -> Command:
    """`maskloop(*options)`: as `al_loop`."""
    return lambda *options: _run(of_maskloop.main, ["maskloop", *options], monkeypatch, capsys)


def _run(main, words, monkeypatch, capsys) -> tuple[int | str, str, str]:
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err
