import pytest

from maskloop.datasets.demo.dataset import write_demo_data


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """30 pool images and 6 test images of 64 x 64 pixels."""
    return write_demo_data(tmp_path_factory.mktemp("data") / "demo", images=30, test_images=6, size=64, seed=1)
