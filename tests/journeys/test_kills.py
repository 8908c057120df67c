"""Twenty SIGKILLs at moments uniform over a run: client, server and worker in turn, resumed each time.

A run's time line is its own work: the seconds of its operations, as the unbroken run took them, and a share for its
commits, so that the moments between a commit and its reply are among those drawn. What a machine takes to start
processes again does not count, or most kills would hit processes that are just starting.
"""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.journeys.loops import Loop, children, processes_naming

KILLS = 20
TRAINING = (
    "compact,hidden=16,min_iterations=20,max_iterations=20,epochs=1,iou_epochs=2,train_steps=2,checkpoint_every=2"
)
OPTIONS = ("--counts", "--budget", "50m", "--seed", "5", "--recipe", TRAINING)
PATIENCE_S = 180.0
SHARE_OF_COMMITS = 0.25
VICTIMS = ("client", "server", "worker")
FALLS_WITH = {"client": ("server", "worker"), "server": ("server", "worker"), "worker": ("worker",)}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


HELPED = ("--assist", "proposals", "--min-proposal-iou", "0", "--labeler", "ground-truth,outlines=0.91,accept=0.6")


@pytest.mark.parametrize("help_", [("--assist", "none"), HELPED], ids=["drawn", "reviewed"])
def test_a_run_killed_twenty_times_comes_to_what_an_unbroken_one_came_to(demo, tmp_path, help_):
    options = (*OPTIONS, *help_)
    unbroken = Loop(demo, tmp_path / "unbroken" / "run", *options)
    code, out, err = unbroken.run()
    assert code == 0, out + err
    assert len(unbroken.report()["rounds"]) >= 4  # three rounds that chose, and the last network

    broken = Loop(demo, tmp_path / "broken" / "run", *options)
    assert kill_and_resume(broken, TimeLine(unbroken), random.Random(0)) == KILLS

    assert spending(broken) == spending(unbroken)
    assert chosen(broken) == chosen(unbroken)
    assert labels(broken) == labels(unbroken)
    assert reviews(broken) == reviews(unbroken)
    assert bool(reviews(broken)) == (help_ == HELPED)
    assert broken.report()["stopped_because"] == unbroken.report()["stopped_because"]
    assert qualities(broken) == qualities(unbroken)
    assert leased_twice(broken) == []
    assert processes_naming(str(broken.workdir)) == []


class TimeLine:
    """How far a run has come, in [0, 1], by the work of an unbroken one."""

    def __init__(self, unbroken):
        self.seconds = [seconds for _, _, seconds in operations(unbroken)]
        self.commits = commits(unbroken)

    def place(self, loop):
        shares = [1.0 if state == "succeeded" else share for state, share, _ in operations(loop)]
        worked = sum(share * seconds for share, seconds in zip(shares, self.seconds, strict=False))
        operating = (1 - SHARE_OF_COMMITS) * worked / sum(self.seconds)
        return operating + SHARE_OF_COMMITS * commits(loop) / self.commits


def kill_and_resume(loop, time_line, draw):
    """Run to the end; kill at moments uniform over the time line. Returns the number of kills."""
    moments = sorted(draw.random() for _ in range(KILLS))
    kills, code = 0, None
    while code != 0:
        with loop.running("--resume") as client:
            while kills < KILLS and client.poll() is None:
                await_true(lambda at=moments[kills], p=client: p.poll() is not None or time_line.place(loop) >= at)
                kills += kill(VICTIMS[kills % 3], client, loop)
            out, err = client.communicate(timeout=1200)
            code = client.returncode
            assert code in (0, -signal.SIGKILL), out + err
    return kills


def kill(victim, client, loop):
    """Kill the victim once all three are there; what lives on it must fall with it. Returns whether it was hit."""
    pids = family(client, loop)
    if not pids:
        return False
    os.kill(pids[victim], signal.SIGKILL)
    if victim == "client":
        client.wait()
    for name in FALLS_WITH[victim]:
        await_true(lambda pid=pids[name]: "service" not in command_of(pid))
    return True


def family(client, loop):
    """Process ids of client, server and worker, once all three are there; nothing when the client has ended."""
    found: dict[str, int] = {}

    def complete():
        servers = [pid for pid in children(client.pid) if pid == loop.server_pid()]
        workers = [pid for server in servers for pid in children(server) if "service.device.process" in command_of(pid)]
        if servers and workers:
            found.update(client=client.pid, server=servers[0], worker=workers[0])
        return bool(found) or client.poll() is not None

    await_true(complete)
    return found


def await_true(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def operations(loop):
    return loop.rows("select state, progress, seconds from operations order by number")


def commits(loop):
    found = loop.rows("select count(*) from requests")
    return found[0][0] if found else 0


def labels(loop):
    """What the server keeps of every label."""
    return loop.rows(
        "select image_id, kind, annotator, cost_s, counts, objects, superseded_by from labels order by 1, 2"
    )


def reviews(loop):
    """What became of proposals, by image; their ids are of networks, which are named anew in every run."""
    told = loop.rows("select image_id, review from labels where review is not null order by 1")
    return [
        (
            image_id,
            [
                {key: value for key, value in (origin or {}).items() if key != "proposal_id"}
                for origin in said["origins"]
            ],
            len(said["rejected"]),
            [proposal[1:] for proposal in said["proposals"]],
        )
        for image_id, said in ((image_id, json.loads(review)) for image_id, review in told)
    ]


def leased_twice(loop):
    """Images that two batches of one kind hold or labeled."""
    return loop.rows(
        """select picks.image_id, kind from picks join batches on batches.id = picks.batch_id
        where state in ('open', 'labeled') group by 1, 2 having count(*) > 1""",
    )


def spending(loop):
    report = loop.report()
    return report["spent_s"], report["spent_s_by_kind"], [one["spent_s"] for one in report["rounds"]]


def chosen(loop):
    batches = [one["batch"] for one in loop.report()["rounds"]]
    return [[(one["image"], one["score"], one["cost_s"]) for one in batch] for batch in batches]


def qualities(loop):
    return [(one["mean_iou"], one["ap50"], one["iou_mae"]) for one in loop.report()["rounds"]]
