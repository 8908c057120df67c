"""Where things lie: below the data folder, whatever they are called."""

from __future__ import annotations

import pytest

from maskloop.errors import ModelNotFound
from service.artifacts.data_folder import DataFolder


@pytest.mark.parametrize("version", ["..", ".", "../q/m1", "/etc", "a/b", "nul\0", "x" * 256, "ü" * 128])
def test_what_is_no_name_of_a_folder_is_no_model_version(tmp_path, version):
    with pytest.raises(ModelNotFound, match="project p has no model version of that id"):
        DataFolder(tmp_path).scores("p", version)


def test_a_model_version_has_a_folder_of_its_own(tmp_path):
    assert DataFolder(tmp_path).model("p", "m1") == tmp_path / "models" / "p" / "m1"
