"""The shared real data: beside the repository, or where FLEET_SHARED_DATA says."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("FLEET_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")
