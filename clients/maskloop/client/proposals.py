"""Masks for what a person shows the network."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.v1 import proposals_pb2 as pb
from maskloop.v1.proposals_pb2_grpc import ProposalServiceStub
from maskloop.values import Prompt, PromptedProposals


class ProposalVerbs(Verbs):
    """`ProposalService`."""

    def propose_masks(
        self, *, project_id: str, image_id: str, prompts: Sequence[Prompt], model_version: str = ""
    ) -> PromptedProposals:
        """Masks of what each prompt shows in an image, in their order, each with the IoU that the network predicts.

        Args:
            project_id: the project.
            image_id: of any split but the test split, whose images are drawn without help.
            prompts: 1 to 100, each a box, points, or both.
            model_version: "" for the network that the server is configured with, else for the active version.

        Raises:
            InvalidPrompt: a prompt that does not fit the image; the message names it by its place, from 0.
            UnsupportedPrompts: the version's recipe takes no prompts, or the image is of the test split.
            ModelNotFound, NoActiveModel, ImageNotFound: there is none.
            QueueFull: too many calls wait, for longer than this client does.
        """
        request = convert.request(
            pb.ProposeMasksRequest,
            project_id=project_id,
            model_version=model_version,
            image_id=image_id,
            prompts=prompts,
        )
        return convert.prompted_from_message(self._wire.call(self._stub(ProposalServiceStub).ProposeMasks, request))
