import json
import threading

import pytest

from maskloop.compare.trials.grid import TrialName
from maskloop.compare.trials.progress import SlotProgress
from maskloop.compare.trials.servers import Queue, Slot, devices_of

NAMES = [TrialName("random", seed) for seed in range(3)]


def a_slot(workdir, number=1):
    return Slot(workdir, number, "cpu", SlotProgress(lambda: 0.0, threading.Event()), print)


def leave(slot, name):
    """The slot as a kill leaves it in the middle of a trial."""
    slot.folder.mkdir(parents=True)
    (slot.folder / "trial.json").write_text(json.dumps([name.strategy, name.seed]))


@pytest.mark.parametrize(
    ("device", "jobs", "cores", "expected"),
    [
        ("cpu", 0, 2, ("cpu", "cpu")),
        ("auto", 0, 64, ("auto",) * 8),
        ("cpu", 4, 2, ("cpu",) * 4),
        ("cuda", 0, 16, ("cuda",)),
        ("cuda", 3, 16, ("cuda",) * 3),
        ("cuda:0,cuda:1", 0, 16, ("cuda:0", "cuda:1")),
        ("cuda:0,cuda:1", 3, 16, ("cuda:0", "cuda:1", "cuda:0")),
    ],
)
def test_slots_take_the_devices_in_turn(device, jobs, cores, expected):
    assert devices_of(device, jobs, cores) == expected


def test_a_queue_gives_each_trial_once_and_in_order():
    queue = Queue(NAMES)
    assert queue.claim(NAMES[1]) == NAMES[1]
    assert queue.claim(NAMES[1]) is None
    assert queue.claim(None) is None
    assert [queue.take(), queue.take(), queue.take()] == [NAMES[0], NAMES[2], None]


def test_threads_that_share_a_queue_take_every_trial_once():
    names = [TrialName("random", seed) for seed in range(2000)]
    queue, taken = Queue(names), []

    def work():
        while (name := queue.take()) is not None:
            taken.append(name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == names


def test_a_slot_claims_the_trial_it_was_stopped_at(tmp_path):
    slots, queue = [a_slot(tmp_path, 1), a_slot(tmp_path, 2)], Queue(NAMES)
    leave(slots[1], NAMES[0])
    assert [slot.claim(queue) for slot in slots] == [None, NAMES[0]]
    assert queue.take() == NAMES[1]
    assert slots[1].folder.exists()


def test_a_slot_without_a_trial_to_go_on_with_begins_with_an_empty_folder(tmp_path):
    slot = a_slot(tmp_path)
    leave(slot, TrialName("random", 9))
    (slot.folder / "server").mkdir()
    assert slot.claim(Queue(NAMES)) is None
    assert not slot.folder.exists()


def test_a_server_that_a_trial_failed_on_is_not_gone_on_with(tmp_path):
    slot, queue = a_slot(tmp_path), Queue(NAMES)
    leave(slot, NAMES[1])
    (slot.folder / "failed").touch()
    assert slot.claim(queue) is None
    assert not slot.folder.exists()
    assert [queue.take() for _ in NAMES] == NAMES
