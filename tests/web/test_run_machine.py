"""Three people at random at a run that is started anew at any time: an image is in one person's hands, and nothing that
was acknowledged is lost."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from maskloop.errors import AlreadyExists, FailedPrecondition, ForeignLease, LeaseLost
from maskloop.values import FullLabel, SkipReason
from tests.web.running import FULL, LEASE_S, NAMES, Run, square, task

PEOPLE = st.sampled_from(("ada", "bob", "cem"))
IMAGES = st.sampled_from(NAMES)
CONTENTS = st.sampled_from((FullLabel(), FullLabel((square(1),)), FullLabel((square(2, 4),))))


class RunMachine(RuleBasedStateMachine):
    """The model: who has which image until when, and what was acknowledged of it, in order."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.run = Run(self.folder)
        self.run.tasks.offer(task())
        self.held: dict[str, tuple[str, float]] = {}
        self.said: dict[str, list[FullLabel | SkipReason]] = {name: [] for name in NAMES}
        self.batches: dict[str, set[str]] = {}  # their ids by annotator
        self.calls = 0

    def teardown(self):
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(who=PEOPLE, images=st.integers(1, 3))
    def lease(self, who, images):
        batch = self.run.lease(who, images)
        names = self.run.names(batch)
        free = [name for name in NAMES if not self.said[name] and self.holder(name) is None]
        own = [name for name in NAMES if not self.said[name] and self.holder(name) == who]
        assert not own or set(names) <= set(own), "who has images gets these"
        for name in names:
            assert not self.said[name], "an image that is answered is asked of nobody"
            assert self.holder(name) in (None, who), "an image in two hands"
        assert names or not free, "images are free and nobody gets them"
        if names:
            self.take(who, batch.id, names)

    @rule(who=PEOPLE, data=st.data())
    def renew(self, who, data):
        if batch_id := self.any_batch(who, data):
            try:
                batch = self.run.work.renew("p", batch_id, who)
            except LeaseLost:
                return
            for name in self.run.names(batch):
                assert self.holder(name) in (None, who)
            self.take(who, batch.id, self.run.names(batch))

    @rule(who=PEOPLE, data=st.data(), some=st.sets(IMAGES))
    def release(self, who, data, some):
        if batch_id := self.any_batch(who, data):
            names = self.run.names(self.run.work.batch("p", batch_id))
            self.run.work.release("p", batch_id, who, [f"id-{name}" for name in some])
            for name in names:
                if not some or name in some:
                    self.held.pop(name, None)

    @rule(who=PEOPLE, name=IMAGES, content=CONTENTS)
    def submit(self, who, name, content):
        """A first label, of any image: nobody else may have it, and it may have none yet."""
        self.calls += 1
        call = f"r{self.calls}"
        labels = [each for each in self.said[name] if isinstance(each, FullLabel)]
        try:
            label = self.run.submit(who, name, content, request_id=call)
        except AlreadyExists:
            assert labels
            return
        except ForeignLease:
            assert self.holder(name) not in (None, who)
            return
        assert not labels
        assert self.holder(name) in (None, who)
        self.said[name].append(content)
        assert self.run.submit(who, name, content, request_id=call).id == label.id  # it did not hear the answer

    @rule(who=PEOPLE, name=IMAGES, content=CONTENTS)
    def correct(self, who, name, content):
        if known := self.run.work.label("p", f"id-{name}", FULL):
            self.run.submit(who, name, content, supersedes=known.id)
            self.said[name].append(content)

    @rule(who=PEOPLE, name=IMAGES, data=st.data())
    def skip(self, who, name, data):
        if batch_id := self.any_batch(who, data):
            try:
                self.run.work.skip("p", batch_id, who, f"id-{name}", SkipReason.UNUSABLE)
            except FailedPrecondition:
                assert self.said[name] or self.holder(name) not in (None, who)
                return
            self.said[name] = self.said[name] or [SkipReason.UNUSABLE]

    @rule(seconds=st.integers(1, LEASE_S))
    def time_passes(self, seconds):
        self.run.clock.pass_s(seconds)

    @rule(is_at_once=st.booleans())
    def start_anew(self, is_at_once):
        """Killed and started again; what it waits for is the same task."""
        self.run.again()
        if not is_at_once:
            assert self.run.lease("dan").picks == ()
        self.run.tasks.offer(task())

    @invariant()
    def everything_acknowledged_is_there(self):
        for name in NAMES if hasattr(self, "run") else ():
            every = self.run.tasks.book("round-01").all_of(f"id-{name}")
            assert [each.label.content if each.label else each.skipped for each in every] == self.said[name]

    @invariant()
    def no_image_is_in_two_hands(self):
        ids = [batch_id for every in getattr(self, "batches", {}).values() for batch_id in every]
        names = [name for batch_id in ids for name in self.run.names(self.run.work.batch("p", batch_id))]
        assert len(names) == len(set(names))

    def holder(self, name):
        who, until = self.held.get(name, (None, 0.0))
        return who if until > self.run.clock().timestamp() else None

    def take(self, who, batch_id, names):
        until = self.run.clock().timestamp() + LEASE_S
        self.held.update(dict.fromkeys(names, (who, until)))
        self.batches.setdefault(who, set()).add(batch_id)

    def any_batch(self, who, data):
        ids = sorted(self.batches.get(who, ()))
        return data.draw(st.sampled_from(ids)) if ids else ""


RunMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestRun = RunMachine.TestCase
