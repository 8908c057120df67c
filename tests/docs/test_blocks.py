"""Every block of README, CONTRIBUTING and docs/ is run, or read by the real command line, or says why not.

`python` blocks are run, page by page, against a real server. Blocks without a language are commands: those marked
`<!-- run -->` are run with a tiny recipe, the others read by the command's own parser. `text` is what a screen shows.
`<!-- not run: REASON -->` leaves a block out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache

import pytest

from benchmarks.__main__ import APART, BENCHMARKS
from docs.generate.cli_reference import all_commands
from maskloop.datasets.demo.dataset import write_demo_data
from tests.docs.pages import ROOT, blocks, pages
from tests.journeys.loops import TINY
from tests.service.processes import ServerProcess

LITTLE_DATA = ("--data", "coco:bridges")
FEW_ROUNDS = ("--budget", "9images", "--initial", "4", "--batch", "3", "--max-rounds", "1")
SMALL = (*FEW_ROUNDS, "--recipe", TINY, "--image-size", "32", "--device", "cpu")
"""Put behind the campaigns of the pages, which would take minutes: the last value of an option holds."""
PATIENCE_S = 600
LANGUAGES = {"", "python", "text"}

every = [block for page in pages() for block in blocks(page)]
not_run = [block for block in every if block.note.startswith("not run:")]
shell = [block for block in every if block.language == "" and block not in not_run]
run_pages = sorted({block.page for block in every if block.note == "run"})
python_pages = sorted({block.page for block in every if block.language == "python" and block not in not_run})


def commands(block) -> list[list[str]]:
    """The commands of a block, as words; comments left out, continued lines joined."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


@cache
def known_commands():
    return all_commands()


def read_by_the_command_line(words: list[str]) -> None:
    """Refused by the command's own parser if an option is unknown, lacks its value or is missing."""
    name = max((name for name in known_commands() if words[: len(name.split())] == name.split()), key=len)
    known_commands()[name].make_context(name, words[len(name.split()) :])


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A folder with what the pages name: `bridges`, a COCO folder, and `photos`."""
    folder = tmp_path_factory.mktemp("docs")
    write_demo_data(folder / "bridges", images=12, test_images=4, size=64, seed=1)
    (folder / "photos").mkdir()
    for picture in sorted((folder / "bridges" / "images").iterdir())[:2]:
        shutil.copy(picture, folder / "photos")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server"), recipe="compact", device="cpu") as process:
        yield process


@pytest.mark.parametrize("block", every, ids=str)
def test_a_block_says_what_it_is(block):
    assert block.language in LANGUAGES
    assert block.note in {"", "run"} or re.fullmatch(r"not run: .{10,}", block.note)


@pytest.mark.parametrize("block", shell, ids=str)
def test_commands_are_such_as_the_programs_take(block):
    for words in commands(block):
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), words
        elif words[:3] == ["python", "-m", "benchmarks"]:
            assert words[3] in {*BENCHMARKS, *APART}, words
        else:
            read_by_the_command_line(words)


@pytest.mark.journey
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", run_pages, ids=str)
def test_commands_marked_so_run(page, sandbox):
    environment = {**os.environ, "MASKLOOP_THREADS": "1"}
    for block in blocks(page):
        if block.note != "run":
            continue
        for words in commands(block):
            begins = words[0] == "al-loop" and words[1].startswith("--") and "--resume" not in words
            more = (LITTLE_DATA if begins else ()) + (SMALL if begins and "--workdir" in words else ())
            program = os.path.join(os.path.dirname(sys.executable), words[0])
            done = subprocess.run(
                [program, *words[1:], *more],
                cwd=sandbox,
                env=environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
            assert done.returncode == 0, (words, done.stdout, done.stderr)


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_python_blocks_run_page_by_page(server, sandbox, monkeypatch):
    monkeypatch.chdir(sandbox)
    for page in python_pages:
        names: dict[str, object] = {}
        for block in blocks(page):
            if block.language == "python" and block not in not_run:
                text = "\n" * (block.line - 1) + block.text.replace("Client()", f'Client("{server.address}")')
                exec(compile(text, str(page), "exec"), names)
    assert server.client.get_campaign(project_id="bridges", campaign_id="default").labeled_images == 2
    assert server.client.get_campaign(project_id="site-7", campaign_id="may").labeled_images == 7
