"""What the page and its server tell each other, as JSON; `static/core/wire.js` is the other side.

Writing trusts values. Reading is strict: whatever comes may come from anybody.
"""

from maskloop.web.documents.contents import CONTENT_FORMS, content_document, read_content
from maskloop.web.documents.labels import MOST_LABELS, draft_document, label_document, read_draft
from maskloop.web.documents.outlines import mask_document, read_mask
from maskloop.web.documents.prompts import MOST_PROMPTS, prompt_document, read_prompt
from maskloop.web.documents.reading import Part
from maskloop.web.documents.work import (
    batch_document,
    image_document,
    project_document,
    prompted_document,
    sheet_document,
)

__all__ = [
    "CONTENT_FORMS",
    "MOST_LABELS",
    "MOST_PROMPTS",
    "Part",
    "batch_document",
    "content_document",
    "draft_document",
    "image_document",
    "label_document",
    "mask_document",
    "project_document",
    "prompt_document",
    "prompted_document",
    "read_content",
    "read_draft",
    "read_mask",
    "read_prompt",
    "sheet_document",
]
