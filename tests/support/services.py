"""Real programs that tests start: what happens where one is missing."""

import os
from typing import NoReturn

import pytest


def service_missing(reason: str) -> NoReturn:
    """Skip the test, or fail it where all services are promised to be there."""
    if os.environ.get("FLEET_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{reason}, and FLEET_REQUIRE_SERVICES=1")
    pytest.skip(reason)
