"""What commands cost before they do anything: processor seconds to help, to refuse, and to outline two tiny pictures.

    python -m benchmarks startup

User and system time of the process and those it waited for, the median of several runs; beside it the ratio to
`python -c pass`, which carries over to another machine. Every answer is checked as well as timed. A first run, which
is not counted, compiles the sources into a folder of its own, as an installation does.

Limits, on a machine that does nothing else: 0.5 s for help and refusals; 5 s for a prediction, whose two pictures of
32 pixels are next to no work.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

RUNS = 5
HELP_S, PREDICT_S = 0.5, 5.0
SIDE = 32


@dataclass(frozen=True)
class Case:
    """A command and how it must answer.

    Args:
        command: the program and its arguments.
        status: exit code.
        words: part of what it prints.
        limit_s: of processor time.
    """

    name: str
    command: Sequence[str | Path]
    status: int
    words: str
    limit_s: float


def main() -> None:
    """Print seconds, ratio and limit of every case."""
    with TemporaryDirectory() as folder, taken_address() as address:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/compiled", "COLUMNS": "200"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        nothing = Case("python -c pass", [sys.executable, "-c", "pass"], 0, "", 1.0)
        least_s = median_s(nothing, environment)
        print(f"{nothing.name}: {least_s:.3f} s of processor", flush=True)
        for case in cases(Path(folder), address):
            seconds = median_s(case, environment)
            judged = "within" if seconds <= case.limit_s else "OVER"
            print(
                f"{case.name}: {seconds:.2f} s of processor, {seconds / least_s:.0f} times as much; "
                f"{judged} {case.limit_s:g} s",
                flush=True,
            )


def cases(folder: Path, address: str) -> Iterator[Case]:
    """The commands; what they read is made in `folder`."""
    al_loop, maskloop = (Path(sys.executable).with_name(name) for name in ("al-loop", "maskloop"))
    model, pictures, out = folder / "model.safetensors", folder / "pictures", folder / "out"
    write_model(model)
    write_pictures(pictures)
    serve: list[str | Path] = [maskloop, "serve", "--data-dir", folder / "data", "--address"]
    yield Case("al-loop --help", [al_loop, "--help"], 0, "--budget", HELP_S)
    yield Case("maskloop --help", [maskloop, "--help"], 0, "predict", HELP_S)
    yield Case("maskloop serve --help", [maskloop, "serve", "--help"], 0, "--data-dir", HELP_S)
    yield Case("a wrong budget", [al_loop, "--data", "demo", "--budget", "much"], 2, "'much' is none of", HELP_S)
    yield Case("serve on a taken port", [*serve, address], 2, f"cannot listen on {address}", HELP_S)
    yield Case("serve beyond loopback", [*serve, "0.0.0.0:0"], 2, "is beyond loopback", HELP_S)
    predict: list[str | Path] = [
        maskloop,
        "predict",
        model,
        pictures,
        "--out",
        out,
        "--device",
        "cpu",
        "--counts",
        folder / "counts.json",
    ]
    missing: list[str | Path] = [maskloop, "predict", folder / "nobody", pictures, "--out", out]
    yield Case("predict without a model", missing, 2, "there is no model at", HELP_S)
    yield Case("predict on two pictures", predict, 0, "2 pictures", PREDICT_S)


def median_s(case: Case, environment: dict[str, str]) -> float:
    """Median of the processor seconds of `RUNS` runs, after one that is not counted."""
    run(case, environment)
    return statistics.median(run(case, environment) for _ in range(RUNS))


def run(case: Case, environment: dict[str, str]) -> float:
    """Processor seconds, user and system, of one run; its answer is checked."""
    with subprocess.Popen(
        list(map(str, case.command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == case.status, f"{case.name}: status {process.returncode}, said {said}"
    assert case.words in said, f"{case.name}: said {said}"
    return used.ru_utime + used.ru_stime


@contextmanager
def taken_address() -> Iterator[str]:
    """An address that somebody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def write_model(path: Path) -> None:
    """A model of the compact recipe that has learnt nothing."""
    import torch

    from models.annotation.model import FittedModel
    from models.annotation.network import build_network
    from models.annotation.recipe import resolve
    from models.iou_head.calibrator import Calibrator
    from models.iou_head.mask_statistics import count_statistics

    torch.manual_seed(0)
    recipe = resolve("compact", image_size=SIDE)
    calibrator = Calibrator.unfitted(count_statistics(1))
    FittedModel(build_network(recipe, 1), recipe, (1,), calibrator, 0, (), {}, ("square",)).save(path)


def write_pictures(folder: Path) -> None:
    """Two pictures of one square, and beside their folder how many squares each shows."""
    from PIL import Image

    folder.mkdir()
    for name in ("a.png", "b.png"):
        picture = Image.new("RGB", (SIDE, SIDE), "black")
        picture.paste("white", (8, 8, 20, 20))
        picture.save(folder / name)
    (folder.parent / "counts.json").write_text('{"a.png": {"square": 1}, "b.png": {"square": 1}}')


if __name__ == "__main__":
    main()
