"""Twenty SIGKILLs at moments uniform over a run: client, server and worker in turn, resumed each time.

Every third kill of the server waits for the next commit of a selection or of labels and comes right after it, so that
the moment between commit and reply is among them. The broken run must come to what the unbroken one came to.
"""

import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.journeys.loops import Loop, children, processes_naming

KILLS = 20
TRAINING = (
    "compact,hidden=16,min_iterations=20,max_iterations=20,epochs=1,iou_epochs=2,train_steps=2,checkpoint_every=2"
)
OPTIONS = ("--budget", "50m", "--seed", "5", "--recipe", TRAINING)
PATIENCE_S = 180.0
SHARE_BETWEEN_KILLS = 0.6
"""Of the unbroken run's time, spent between all kills together, so that the last one still finds the run going on."""
WRITES = ("SelectBatch", "SubmitLabels")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_a_run_killed_twenty_times_comes_to_what_an_unbroken_one_came_to(demo, tmp_path):
    unbroken = Loop(demo, tmp_path / "unbroken" / "run", *OPTIONS)
    begun = time.monotonic()
    code, out, err = unbroken.run()
    assert code == 0, out + err
    assert len(unbroken.report()["rounds"]) >= 4  # three rounds that chose, and the last network

    broken = Loop(demo, tmp_path / "broken" / "run", *OPTIONS)
    mean_gap_s = SHARE_BETWEEN_KILLS * (time.monotonic() - begun) / KILLS
    hits = kill_and_resume(broken, mean_gap_s, random.Random(0))
    assert hits == {"client": 7, "server": 7, "worker": 6}

    assert spending(broken) == spending(unbroken)
    assert chosen(broken) == chosen(unbroken)
    assert labels(broken) == labels(unbroken)
    assert broken.report()["stopped_because"] == unbroken.report()["stopped_because"]
    assert qualities(broken) == qualities(unbroken)
    assert leased_twice(broken) == []
    assert processes_naming(str(broken.workdir)) == []


def kill_and_resume(loop, mean_gap_s, draw):
    """Run to the end with kills at random moments; gaps are uniform with this mean. Returns how often each was hit.

    A run that ends before the last kill is resumed nevertheless: replaying what is over must stand kills as well.
    """
    hits = {"client": 0, "server": 0, "worker": 0}
    code = None
    while sum(hits.values()) < KILLS or code != 0:
        with loop.running("--resume") as client:
            while sum(hits.values()) < KILLS and client.poll() is None:
                victim = tuple(hits)[sum(hits.values()) % 3]
                wait_for_moment(loop, hits, mean_gap_s, draw, client)
                hits[victim] += kill(victim, client, loop)
            out, err = client.communicate(timeout=1200)
            code = client.returncode
            assert code in (0, -signal.SIGKILL), out + err
    return hits


def wait_for_moment(loop, hits, mean_gap_s, draw, client):
    """Wait for all three to be there, and then for a random while or, at times, for a commit."""
    if not family(client, loop):
        return
    if hits["server"] % 3 == 2:
        await_commit(loop, 4 * mean_gap_s)
    else:
        time.sleep(draw.uniform(0, 2 * mean_gap_s))


def kill(victim, client, loop):
    """Kill the victim; what lives on it must fall with it. Returns whether the run was still there to be hit."""
    pids = family(client, loop)
    if not pids:
        return False
    os.kill(pids[victim], signal.SIGKILL)
    if victim == "client":
        client.wait()
    fallen = {"client": ("server", "worker"), "server": ("server", "worker"), "worker": ("worker",)}[victim]
    for name in fallen:
        await_true(lambda pid=pids[name]: not is_ours(pid), f"{name} outlives the {victim}")
    return True


def family(client, loop):
    """Process ids of client, server and worker, once all three are there; nothing when the client has ended."""
    found = {}

    def complete():
        servers = [pid for pid in children(client.pid) if pid == loop.server_pid()]
        workers = [pid for server in servers for pid in children(server) if "service.device" in command_of(pid)]
        if servers and workers:
            found.update(client=client.pid, server=servers[0], worker=workers[0])
        return bool(found) or client.poll() is not None

    await_true(complete, "server and worker do not come up")
    return found


def await_commit(loop, patience_s):
    """Return right after the server committed another selection or labels, or when none comes for long."""
    before, until = writes(loop), time.monotonic() + patience_s
    while writes(loop) == before and time.monotonic() < until:
        time.sleep(0.001)


def writes(loop):
    with sqlite3.connect(f"file:{database(loop)}?mode=ro", uri=True, timeout=30) as connection:
        query = f"select count(*) from requests where method in {WRITES}"
        return connection.execute(query).fetchone()[0]


def database(loop):
    return loop.workdir / "server" / "maskloop.db"


def await_true(condition, complaint):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, complaint
        time.sleep(0.05)


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def is_ours(pid):
    return "service" in command_of(pid)


def spending(loop):
    report = loop.report()
    return report["spent_s"], report["spent_s_by_kind"], [one["spent_s"] for one in report["rounds"]]


def chosen(loop):
    batches = [one["batch"] for one in loop.report()["rounds"]]
    return [[(one["image"], one["score"], one["cost_s"]) for one in batch] for batch in batches]


def qualities(loop):
    return [(one["mean_iou"], one["ap50"], one["iou_mae"]) for one in loop.report()["rounds"]]


def rows(loop, query):
    with sqlite3.connect(f"file:{database(loop)}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def labels(loop):
    """What the server keeps of every label."""
    return rows(
        loop, "select image_id, kind, annotator, cost_s, counts, objects, superseded_by from labels order by 1, 2"
    )


def leased_twice(loop):
    """Images that two batches of one kind hold or labeled."""
    return rows(
        loop,
        """select picks.image_id, kind from picks join batches on batches.id = picks.batch_id
        where state in ('open', 'labeled') group by 1, 2 having count(*) > 1""",
    )
