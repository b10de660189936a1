"""Long tables: the same rows whether read or mapped, unpacked once, nothing copied."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_pipeline.errors import InputError
from data_pipeline.mapped import read_table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "survey"
    folder.mkdir()
    table = pa.table(
        {
            "source_id": pa.array([2**62 + 1, 5, 7], pa.int64()),
            "period_days": pa.array([0.5, None, np.nan]),
            "lc_amplitude": pa.array([0.1, 0.2, 0.3], pa.float32()),
            "is_periodic": pa.array([True, False, True]),
            "name": pa.array(["V1", None, "χ Cyg"]),
            "count": pa.array([1, None, 3], pa.int64()),
        }
    )
    schema = table.schema.set(1, table.schema.field(1).with_metadata({"unit": "d"}))
    pq.write_table(table.cast(schema), folder / "objects.parquet", row_group_size=2)
    return folder / "objects.parquet"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_mapped_rows_are_those_that_are_read(path: Path) -> None:
    read = read_table(path, sha256(path))
    mapped = read_table(path, sha256(path), max_rows=2)
    pd.testing.assert_frame_equal(mapped.to_pandas(split_blocks=True), read.to_pandas())
    assert mapped.schema.field("period_days").metadata == {b"unit": b"d"}
    assert not path.parent.with_name("other.mapped").exists()
    assert path.parent.with_name("survey.mapped").is_dir()


def test_nothing_is_copied_of_what_is_mapped(path: Path) -> None:
    before = pa.total_allocated_bytes()
    table = read_table(path, sha256(path), max_rows=2)
    assert pa.total_allocated_bytes() == before
    objects = table.to_pandas(split_blocks=True)
    for name in ("source_id", "period_days", "lc_amplitude"):
        own = table[name].chunk(0).to_numpy(zero_copy_only=True)
        assert np.shares_memory(objects[name].to_numpy(), own)


def test_it_is_unpacked_once_and_again_when_the_table_is_another(path: Path) -> None:
    read_table(path, sha256(path), max_rows=2)
    home = path.parent.with_name("survey.mapped")
    (first,) = home.iterdir()
    made = first.stat().st_mtime_ns
    read_table(path, sha256(path), max_rows=2)
    assert [entry.stat().st_mtime_ns for entry in home.iterdir()] == [made]
    pq.write_table(pa.table({"source_id": [1, 2, 3]}), path)
    changed = read_table(path, sha256(path), max_rows=2)
    assert changed["source_id"].to_pylist() == [1, 2, 3]
    assert len(list(home.iterdir())) == 2


def test_what_is_no_table_is_refused(path: Path) -> None:
    path.write_bytes(b"no table")
    with pytest.raises(InputError, match=r"objects\.parquet cannot be read as a Parquet table"):
        read_table(path, "0" * 64)
