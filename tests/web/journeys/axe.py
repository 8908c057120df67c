"""Accessibility by the rules of axe-core, which runs in the page that it looks at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not SOURCE.exists(), reason="axe-core is not installed: `make lint` or `npm ci`")
GRAVE = ("serious", "critical")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN = """
async (only) => {
  const runOnly = only.length ? { type: "rule", values: only } : { type: "tag", values: RULES };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    nodes: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
  }));
}
""".replace("RULES", str(list(RULES)))


def findings(page: Any, *only: str) -> list[str]:
    """What is serious or critical of a page as it is now, a line for each element.

    Args:
        page: of Playwright.
        only: the rules to look at, all where none is named.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN, list(only))
    return [f"{each['id']}: {node}" for each in found if each["impact"] in GRAVE for node in each["nodes"]]
