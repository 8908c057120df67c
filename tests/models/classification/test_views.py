import numpy as np
import pytest
import torch

from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.classification.views import FRAME, frame_image, keep_for_training, scrambled, training_views
from models.data.samples import image_tensor, normalise

CPU = torch.device("cpu")
CROPS = ClassifierRecipe(image_size=64, shortest=40, longest=80)


def plain(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), (250, 10, 10), np.uint8)


@pytest.mark.parametrize(("height", "width", "inner"), [(20, 40, (32, 64)), (100, 50, (64, 32)), (30, 30, (64, 64))])
def test_a_framed_image_keeps_its_proportions_in_the_middle(height, width, inner):
    framed = frame_image(plain(height, width), 64)
    assert framed.shape == (64, 64, 3)
    rows, columns = np.nonzero((framed == (250, 10, 10)).all(axis=2))
    for places, length in ((rows, inner[0]), (columns, inner[1])):
        assert (places.min(), places.max() + 1) == ((64 - length) // 2, (64 + length) // 2)


def test_a_frame_is_zero_once_normalised():
    pixels = np.broadcast_to(FRAME, (8, 8, 3)).copy()
    assert normalise(image_tensor([pixels], CPU)).abs().max() < 0.01


def test_what_frames_a_training_view_is_exactly_zero_once_normalised():
    rng = np.random.default_rng(0)
    for _ in range(10):
        view = normalise(training_views([plain(40, 80), plain(80, 40)], CROPS, rng, CPU))
        outside = (view[:, :1] - view[:, :1].amax()).abs() > 0.5
        assert 0.3 < outside.float().mean() < 0.9
        assert not view[outside.expand_as(view)].any()


def test_a_crop_is_as_large_as_drawn_and_lies_in_the_image_or_the_image_in_it():
    rng, seen = np.random.default_rng(0), set()
    for _ in range(60):
        view = training_views([plain(40, 80)], CROPS, rng, CPU)[0]
        assert view.shape == (3, 64, 64)
        inside = (view[0] > 0.9).numpy()
        rows, columns = inside.any(axis=1), inside.any(axis=0)
        assert inside.sum() == rows.sum() * columns.sum()
        assert 20 <= rows.sum() <= 40  # half as high as the longer side, 40 to 80
        assert columns.sum() == min(64, 2 * rows.sum()) or abs(columns.sum() - 2 * rows.sum()) <= 1
        seen.add(int(rows.sum()))
    assert len(seen) > 10


def test_no_more_of_an_image_is_kept_than_views_need():
    assert keep_for_training(plain(200, 100), CROPS).shape == (80, 40, 3)
    assert keep_for_training(plain(20, 10), CROPS).shape == (20, 10, 3)
    assert keep_for_training(plain(20, 10), resolve_classifier("compact")).shape == (64, 64, 3)


def test_scrambling_keeps_the_mean_colour_and_the_roughness_and_moves_everything_else():
    rng = np.random.default_rng(0)
    images = 0.5 + 0.05 * torch.from_numpy(rng.standard_normal((3, 3, 32, 32), np.float32)).cumsum(dim=3) / 6
    made = scrambled(images, rng)
    torch.testing.assert_close(made.mean(dim=(2, 3)), images.mean(dim=(2, 3)), atol=1e-3, rtol=0)
    torch.testing.assert_close(made.std(dim=(2, 3)), images.std(dim=(2, 3)), atol=5e-3, rtol=0.05)
    spectra = [torch.fft.rfft2(batch).abs()[..., 1:8, 1:8] for batch in (images, made)]
    torch.testing.assert_close(*spectra, atol=1e-2, rtol=0.02)
    for before, after in zip(images, made, strict=True):
        assert abs(np.corrcoef(before.flatten(), after.flatten())[0, 1]) < 0.5
