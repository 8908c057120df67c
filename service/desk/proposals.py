"""Masks for what a person shows the network."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.values import HeadState, Prompt, PromptedProposals, check_prompts, with_ids
from service.artifacts.data_folder import DataFolder
from service.artifacts.image_file import ImageFile
from service.device.messages import AskMasks
from service.operations.prompter import Prompter
from service.store import Database
from service.store.clock import Clock
from service.store.images import get_image
from service.store.models import get_whole_model, keep_prompted
from service.store.projects import get_project

ANSWER_WITHIN_S = 60.0  # where the caller says nothing


class ProposalDesk:
    """Use cases of prompts.

    Args:
        database: what the server remembers.
        folder: where models lie.
        prompter: answers prompts.
        clock: tells the time.
    """

    def __init__(self, *, database: Database, folder: DataFolder, prompter: Prompter, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._prompter = prompter
        self._clock = clock

    def propose_masks(
        self,
        *,
        project_id: str,
        image_id: str,
        prompts: Sequence[Prompt],
        model_version: str = "",
        within_s: float | None = None,
    ) -> PromptedProposals:
        """Outline what each prompt shows; what is answered is kept, so that a label can name it.

        Args:
            project_id: the project.
            image_id: of any split.
            prompts: 1 to 100.
            model_version: "" for the active one.
            within_s: seconds that the caller waits; 60 if `None`.

        Raises:
            ProjectNotFound, ImageNotFound, ModelNotFound, NoActiveModel: there is none.
            ModelThinned: the version's files were removed.
            InvalidPrompt: none, too many, or one that does not fit the image; the message names it.
            UnsupportedPrompts: the version's recipe takes no prompts.
            ImageFileChanged: the image's file is gone, or another by now.
            DeadlineExceeded: the caller waits no longer.
            Unavailable: the process that answers died at it; the call may be repeated.
        """
        with self._database.read() as tx:
            model = get_whole_model(tx, project_id, model_version).version
            image = get_image(tx, project_id, image_id)
            vocabulary = get_project(tx, project_id).categories
        check_prompts(prompts, vocabulary, image)
        checkpoint = self._folder.checkpoint(project_id, model.id)
        asked = AskMasks(checkpoint, ImageFile.of(image), (image.height, image.width), tuple(prompts))
        found = self._prompter.propose(asked, ANSWER_WITHIN_S if within_s is None else within_s)
        proposals = with_ids(model.id, image_id, found)
        with self._database.write() as tx:
            keep_prompted(tx, project_id, image_id, proposals, model_version=model.id, now=self._clock())
        return PromptedProposals(proposals, model.id, model.head is HeadState.UNFITTED)

    def close(self) -> None:
        """End the process that answers."""
        self._prompter.close()
