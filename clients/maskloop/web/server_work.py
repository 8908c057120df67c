"""Work of a server's campaigns, by the SDK."""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from maskloop.client import Client
from maskloop.errors import (
    FailedPrecondition,
    MaskloopError,
    NoActiveModel,
    PermissionDenied,
    PoolNotScored,
    SelectionNotPrepared,
    Unauthenticated,
)
from maskloop.values import (
    UNAIDED,
    Assist,
    Assistance,
    Batch,
    Image,
    ImageProposals,
    Label,
    OperationKind,
    PickState,
    Project,
    Prompt,
    PromptedProposals,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)
from maskloop.web.work import HandIn, Wish, WorkSource

logger = logging.getLogger(__name__)
IMAGES_KEPT = 10_000
OPERATIONS_LOOKED_AT = 50  # the newest ones, for what is under way already
ASK_AGAIN_S = 2.0
"""How old the server's last word may be on whether images of a project may be seen."""
UNSEEN = "Drawn at random: the network looks at the pool first, which begins now."
UNSEEN_YET = "Drawn at random: the network has not looked at the pool yet, which a lead has it do."


class ServerWork(WorkSource):
    """A server's projects, as one caller may see them. What is kept of them is that caller's alone.

    Args:
        client: of the server; threads share it.
        clock: seconds that never go back.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._images: OrderedDict[tuple[str, str], Image] = OrderedDict()
        self._allowed_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def projects(self) -> Sequence[Project]:
        """The server's projects, by id."""
        return tuple(self._client.list_projects())

    def project(self, project_id: str) -> Project:
        """One of them."""
        return self._client.get_project(project_id=project_id)

    def campaigns(self, project_id: str) -> Sequence[str]:
        """Ids of a project's campaigns."""
        return [campaign.id for campaign in self._client.list_campaigns(project_id=project_id)]

    def lease(self, project_id: str, wish: Wish) -> Batch:
        """Images of a campaign, chosen by its strategy, with as much help as the active model is trusted with.

        Where no kind is asked for, what the annotator holds comes first, and else images to outline. Where the strategy
        needs what the network has not worked out yet, these images are random ones, and that work begins.
        """
        if wish.for_test:
            return self._lease_for_test(project_id, wish)
        kind = wish.kind or next(self._held_kinds(project_id, wish), SupervisionKind.FULL)
        select = partial(
            self._client.select_batch,
            project_id=project_id,
            campaign_id=wish.campaign_id,
            annotator=wish.annotator,
            kind=kind,
            images=wish.images,
            request_id=wish.request_id,
        )
        try:
            batch = select(assistance=self._assistance(project_id, kind))
        except (PoolNotScored, SelectionNotPrepared) as error:
            begun = self._begin_looking(project_id, wish, error)
            batch = replace(select(strategy=Strategy("random")), fallback=UNSEEN if begun else UNSEEN_YET)
        return batch if batch.picks else replace(batch, fallback="")  # how images are chosen is not why there are none

    def _begin_looking(self, project_id: str, wish: Wish, missing: FailedPrecondition) -> bool:
        """Have the active model score the pool, or the strategy rank it, unless that is under way: once, however many
        people ask at a time.

        Returns:
            Whether it is under way now. It is not where whoever asks may not have it done, or the server refuses.
        """
        kind = OperationKind.SCORE if isinstance(missing, PoolNotScored) else OperationKind.PREPARE
        try:
            model = self._client.get_model(project_id=project_id)
            lately = islice(self._client.list_operations(project_id=project_id), OPERATIONS_LOOKED_AT)
            newest = next((each for each in lately if each.kind is kind), None)
            if newest is not None and not newest.state.has_ended:
                return True
            campaign_id = wish.campaign_id or next(iter(self.campaigns(project_id)), "")
            after = "" if newest is None else newest.id  # what has ended is begun anew
            what = f"{missing.reason} of {project_id} for {campaign_id} by {model.id} after {after}"
            request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, what))
            if kind is OperationKind.SCORE:
                self._client.score_pool(project_id=project_id, model_version=model.id, request_id=request_id)
            else:
                self._client.prepare_selection(project_id=project_id, campaign_id=campaign_id, request_id=request_id)
        except Unauthenticated:
            raise
        except MaskloopError as error:  # these images are random ones all the same
            if not isinstance(error, PermissionDenied):
                logger.warning("what project %s lacks cannot begin: %s", project_id, error.message)
            return False
        return True

    def batch(self, project_id: str, batch_id: str) -> Batch:
        """A batch, with the images that are still leased."""
        return self._client.get_batch(project_id=project_id, batch_id=batch_id)

    def renew(self, project_id: str, batch_id: str, annotator: str) -> Batch:
        """Prolong leases, and take up expired ones."""
        return self._client.renew_batch(project_id=project_id, batch_id=batch_id, annotator=annotator)

    def release(self, project_id: str, batch_id: str, annotator: str, image_ids: Sequence[str]) -> None:
        """Give images back."""
        self._client.release_batch(project_id=project_id, batch_id=batch_id, annotator=annotator, image_ids=image_ids)

    def skip(self, project_id: str, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over one image."""
        self._client.skip_image(
            project_id=project_id, batch_id=batch_id, annotator=annotator, image_id=image_id, reason=reason
        )

    def image(self, project_id: str, image_id: str) -> Image:
        """An image's facts, of which nothing that people are shown changes.

        What is kept is told as long as the server has lately answered of an image of that project: whoever asks may see
        it then. Tiles and batches go by this.
        """
        key, now = (project_id, image_id), self._clock()
        with self._lock:
            is_allowed = now - self._allowed_at.get(project_id, -math.inf) < ASK_AGAIN_S
            found = self._images.get(key) if is_allowed else None
        if found is None:
            found = self._client.get_image(project_id=project_id, image_id=image_id)
            with self._lock:
                self._allowed_at[project_id] = now
                self._images[key] = found
                while len(self._images) > IMAGES_KEPT:
                    self._images.popitem(last=False)
        return found

    def read_image(self, project_id: str, image_id: str) -> bytes:
        """An image's file."""
        return self._client.read_image(project_id=project_id, image_id=image_id)

    def proposals(self, batch: Batch, image_id: str) -> ImageProposals | None:
        """The masks of the batch's assistance; `None` of a batch whose images are drawn."""
        if batch.assistance.assist is Assist.NONE:
            return None
        picks = tuple(pick for pick in batch.picks if pick.image_id == image_id)
        return self._client.get_batch_proposals(replace(batch, picks=picks)).get(image_id)

    def propose(
        self, project_id: str, image_id: str, prompts: Sequence[Prompt], model_version: str
    ) -> PromptedProposals:
        """Masks of what each prompt shows."""
        return self._client.propose_masks(
            project_id=project_id, image_id=image_id, prompts=prompts, model_version=model_version
        )

    def label(self, project_id: str, image_id: str, kind: SupervisionKind) -> Label | None:
        """The current label of that kind."""
        return next(self._client.list_labels(project_id=project_id, image_id=image_id, kind=kind), None)

    def submit(self, project_id: str, hand_in: HandIn) -> Sequence[Label]:
        """Hand labels in."""
        return self._client.submit_labels(
            project_id=project_id,
            annotator=hand_in.annotator,
            labels=hand_in.drafts,
            batch_id=hand_in.batch_id,
            request_id=hand_in.request_id,
        )

    def _lease_for_test(self, project_id: str, wish: Wish) -> Batch:
        """Images at random, and without help: what networks are measured by may not begin as their proposal."""
        return self._client.select_batch(
            project_id=project_id,
            campaign_id=wish.campaign_id,
            annotator=wish.annotator,
            images=wish.images,
            for_split=Split.TEST,
            request_id=wish.request_id,
        )

    def _held_kinds(self, project_id: str, wish: Wish) -> Iterator[SupervisionKind]:
        try:
            records = list(self._client.list_batches(project_id=project_id, campaign_id=wish.campaign_id))
        except PermissionDenied:  # whoever may not see what others hold says which kind of label they want
            return
        for record in records:
            if record.batch.annotator == wish.annotator and record.in_state(PickState.OPEN):
                yield record.batch.kind

    def _assistance(self, project_id: str, kind: SupervisionKind) -> Assistance:
        """What the active model version helps with; the server looks whether it has scored the pool."""
        if kind is not SupervisionKind.FULL:
            return UNAIDED
        try:
            model = self._client.get_model(project_id=project_id)
        except NoActiveModel:
            return UNAIDED
        if model.assist is Assist.PROPOSALS and model.takes_prompts:
            return Assistance(Assist.BOXES)
        return Assistance(model.assist)
