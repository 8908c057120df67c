"""Options that differ from a recipe's, as a request spells them."""

from __future__ import annotations

import json
from typing import Any

from maskloop.errors import InvalidArgument, InvalidConfig

MAX_OVERRIDES = 10_000


def parse_overrides(overrides_json: str) -> dict[str, Any]:
    """Options by name; none for "".

    Raises:
        InvalidArgument: the text is too long, or no JSON object.
        InvalidConfig: it names the recipe anew.
    """
    if not overrides_json:
        return {}
    if len(overrides_json) > MAX_OVERRIDES:
        raise InvalidArgument(f"overrides_json has more than {MAX_OVERRIDES} characters", field="overrides_json")
    try:
        overrides = json.loads(overrides_json)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"overrides_json is no JSON: {error}", field="overrides_json") from error
    if not isinstance(overrides, dict):
        raise InvalidArgument("overrides_json is no JSON object", field="overrides_json")
    if "name" in overrides:
        raise InvalidConfig("a recipe's name is no option of it", field="overrides_json")
    return overrides
