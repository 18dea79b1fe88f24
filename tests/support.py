"""What several tests need."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def needs(program: str, fix: str) -> str:
    """Return the path of *program*; skip loudly where it is missing, fail where nothing may skip.

    Args:
        program: A name to look up, or a path.
        fix: The one line that brings it.
    """
    found = shutil.which(program) or (program if Path(program).exists() else None)
    if found is None:
        message = f"{program} is missing; {fix}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found
