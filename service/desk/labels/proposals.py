"""Masks for what a person shows the network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from maskloop.errors import UnsupportedPrompts
from maskloop.values import Project, Prompt, PromptedProposals, Split, check_prompts, with_ids
from service.artifacts.data_folder import DataFolder
from service.artifacts.image_file import ImageFile
from service.device.messages import AskMasks, Labeled
from service.operations.prompter import Prompter
from service.operations.steps.step import LEARNT_FROM, labeled_file
from service.store import Database, Transaction
from service.store.clock import Clock
from service.store.images import get_image
from service.store.labels.labels import newest_full_labels
from service.store.labels.prompted import forget_prompted, keep_prompted
from service.store.models import get_whole_model
from service.store.projects import get_project

OFFERED_FOR = timedelta(days=30)
"""How long a label may name what was offered for a prompt, since it was last offered."""
SWEPT_EVERY = timedelta(days=1)
ANSWER_WITHIN_S = 60.0  # where the caller says nothing
MOST_MEASURED = 32  # labeled images that a network which is not ours is measured on: it looks at each for seconds


class ProposalDesk:
    """Use cases of prompts.

    Args:
        database: what the server remembers.
        folder: where models lie.
        prompter: answers prompts.
        clock: tells the time.
        network: name of the network that is not ours and answers where no version is named; "" for none.
    """

    def __init__(
        self, *, database: Database, folder: DataFolder, prompter: Prompter, clock: Clock, network: str = ""
    ) -> None:
        self._database = database
        self._folder = folder
        self._prompter = prompter
        self._clock = clock
        self._network = network
        self._swept_at = clock() - SWEPT_EVERY

    def open(self) -> None:
        """Begin the process that answers, if a network that is not ours does.

        Raises:
            InvalidConfig: it cannot be loaded.
            Unavailable: the process died as it began.
        """
        if self._network:
            self._prompter.open()

    def propose_masks(
        self,
        *,
        project_id: str,
        image_id: str,
        prompts: Sequence[Prompt],
        model_version: str = "",
        within_s: float | None = None,
    ) -> PromptedProposals:
        """Outline what each prompt shows; what is answered is kept for 30 days, so that a label can name it.

        Args:
            project_id: the project.
            image_id: of any split but the test split: networks are measured by what people draw there.
            prompts: 1 to 100.
            model_version: "" for the network that the server is configured with, else for the active version.
            within_s: seconds that the caller waits; 60 if `None`.

        Raises:
            ProjectNotFound, ImageNotFound, ModelNotFound, NoActiveModel: there is none.
            ModelThinned: the version's files were removed.
            InvalidPrompt: none, too many, or one that does not fit the image; the message names it.
            UnsupportedPrompts: the version's recipe takes no prompts, or the image is of the test split.
            ImageFileChanged: the image's file is gone, or another by now.
            DeadlineExceeded: the caller waits no longer.
            Unavailable: the process that answers died at it; the call may be repeated.
        """
        by_network = self._network and model_version in ("", self._network)
        with self._database.read() as tx:
            project = get_project(tx, project_id)
            version = None if by_network else get_whole_model(tx, project_id, model_version).version
            labeled = self._labeled(tx, project) if version is None else None
            image = get_image(tx, project_id, image_id)
        if image.split is Split.TEST:
            raise UnsupportedPrompts(
                f"{image.file_name} is an image to test on, and drawn without help: networks are measured by it",
                field="image_id",
            )
        check_prompts(prompts, project.categories, image)
        checkpoint = None if version is None else self._folder.checkpoint(project_id, version.id)
        asked = AskMasks(checkpoint, ImageFile.of(image), (image.height, image.width), tuple(prompts), labeled)
        outlined = self._prompter.propose(asked, ANSWER_WITHIN_S if within_s is None else within_s)
        name = self._network if version is None else version.id
        proposals = with_ids(name, image_id, outlined.proposals)
        now = self._clock()
        with self._database.write() as tx:
            keep_prompted(tx, project_id, image_id, proposals, model_version=name, now=now)
            if now - self._swept_at >= SWEPT_EVERY:
                forget_prompted(tx, now - OFFERED_FOR)
                tx.after_commit(lambda: self._swept(now))
        return PromptedProposals(proposals, name, outlined.uncalibrated)

    def _swept(self, at: datetime) -> None:
        self._swept_at = at

    def close(self) -> None:
        """End the process that answers."""
        self._prompter.close()

    def _labeled(self, tx: Transaction, project: Project) -> Labeled:
        """What a network that is not ours is told of a project. Nobody learns from the images of the test split."""
        newest = newest_full_labels(tx, project.id, LEARNT_FROM, MOST_MEASURED)
        categories = tuple(category.id for category in project.categories)
        return Labeled(project.id, categories, tuple(map(labeled_file, newest)))
