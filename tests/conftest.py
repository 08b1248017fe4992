"""Shared by all tests: small thread pools, and the browser that page tests drive."""

from __future__ import annotations

import os
import shutil

import pytest
import torch

torch.set_num_threads(min(2, torch.get_num_threads()))  # tests run on small machines, beside other work


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium. Without one the test is skipped, but in CI (CI=true) that is a failure."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    message = "this test needs Chromium: apt-get install chromium"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(message)
    pytest.skip(message)
