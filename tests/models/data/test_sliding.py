"""What overlapping windows say, averaged; where they begin is tested beside the patches that they cut."""

import pytest
import torch

from maskloop.errors import InvalidArgument
from models.data.sliding import average_windows
from models.data.windows import Window


def test_windows_are_averaged_where_they_overlap():
    parts = [(Window(0, 0, 1, 2), torch.tensor([[[1.0, 3.0]]])), (Window(0, 1, 1, 2), torch.tensor([[[5.0, 7.0]]]))]
    assert average_windows((1, 3), parts).tolist() == [[[1, 4, 7]]]
    assert average_windows((1, 3), ((window, values[None]) for window, values in parts)).shape == (1, 1, 1, 3)
    with pytest.raises(InvalidArgument):
        average_windows((1, 3), [])
