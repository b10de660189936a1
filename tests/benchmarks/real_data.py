"""Where the real observations are, for the scripts that compare with them."""

import os
from pathlib import Path

from data_pipeline.errors import InputError


def data_directory(given: Path | None) -> Path:
    """The directory asked for, else ASTROM3_TEST_DATA, else shared/data beside the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = given or Path(os.environ.get("ASTROM3_TEST_DATA", beside))
    if not path.is_dir():
        raise InputError(f"no real data at {path}; pass --data or set ASTROM3_TEST_DATA.")
    return path
