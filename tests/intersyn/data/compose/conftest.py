"""Recordings made up for the composer's tests."""

import pytest

from intersyn.data.store import ClipStore
from tests.recordings import make_people


@pytest.fixture(scope="session")
def people() -> ClipStore:
    """Five who stand, of two styles, and three who walk."""
    return make_people()
