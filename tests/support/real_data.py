"""The folder of the shared real data."""

import os
from pathlib import Path

import pytest

# Beside the repository, unless FLEET_SHARED_DATA names another folder.
DATA = Path(os.environ.get("FLEET_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")
