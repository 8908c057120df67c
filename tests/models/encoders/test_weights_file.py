"""Weights that are read from files."""

import os

import pytest
import torch

from maskloop.errors import InvalidConfig
from models.encoders.weights_file import read_weights


def test_a_pipe_is_refused_at_once_though_nobody_writes_to_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(InvalidConfig, match="no regular file"):
        read_weights(tmp_path / "pipe.pth")


def test_files_are_read_as_data_and_others_are_refused(tmp_path):
    torch.save({"bias": torch.ones(2)}, tmp_path / "good.pth")
    assert read_weights(tmp_path / "good.pth")["bias"].tolist() == [1.0, 1.0]
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    for name in ("bad.pth", "missing.pth", "."):
        with pytest.raises(InvalidConfig, match="cannot be read"):
            read_weights(tmp_path / name)
