"""VOTables of ours before the strictest reader there is: `stilts votlint`."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.export.formats import to_votable
from app.export.table import star_table
from data_pipeline.schema import STANDARD_COLUMNS

pytestmark = pytest.mark.full


@pytest.mark.parametrize("n_rows", [3, 3000])
def test_votlint_has_nothing_to_say(tmp_path: Path, n_rows: int) -> None:
    stilts = shutil.which("stilts")
    if stilts is None:
        pytest.skip("stilts is not installed (apt-get install stilts)")
    objects = pd.DataFrame(
        {
            "source_id": np.arange(n_rows, dtype=np.int64) + 2**62,
            "name": ["V* <&> Örsted" if i % 3 else None for i in range(n_rows)],
            "ra_deg": np.linspace(0, 359, n_rows),
            "dec_deg": np.linspace(-80, 80, n_rows),
            "class_label": ["EW", None, "ROT:"] * (n_rows // 3),
            "period_days": np.where(np.arange(n_rows) % 4, 0.5, np.nan),
            "pmra": np.linspace(-5, 5, n_rows),
            "is_periodic": pd.array([True, None, False] * (n_rows // 3), dtype="boolean"),
            "n_epochs": pd.array([7, None, 9] * (n_rows // 3), dtype="Int64"),
        }
    )
    path = tmp_path / "list.vot"
    table = star_table(objects, STANDARD_COLUMNS, np.arange(n_rows))
    path.write_bytes(to_votable(table, {"survey": "Tiny", "selection": '[{"kind": "<&>"}]'}))
    done = subprocess.run(
        [stilts, "votlint", f"votable={path}"], capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.startswith(("ERROR", "WARNING"))]
    assert done.returncode == 0, done.stderr
    assert said == []
