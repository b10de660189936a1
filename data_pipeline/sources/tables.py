"""Tables in any of the formats that astronomers keep them in."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from astropy.table import Table

from data_pipeline.errors import InputError

_TEXT_ENDINGS = (".csv", ".txt", ".dat")
_FORMATS = {".vot": "votable", ".xml": "votable"}
"""Endings that astropy does not know by themselves."""


def read_table(path: Path, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table by its ending: CSV, white-space columns (.txt, .dat), Parquet, or astropy's.

    Parameters
    ----------
    path : Path
        Text files may be compressed (.csv.gz); in .txt and .dat a # begins a comment.
    text : sequence of str
        Columns of a text file that are kept as text, digit by digit: identifiers.
    """
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if set(path.suffixes) & set(_TEXT_ENDINGS):
            kept = dict.fromkeys(text, str)
            if ".csv" in path.suffixes:
                return pd.read_csv(path, dtype=kept)
            return pd.read_csv(path, sep=r"\s+", dtype=kept, comment="#")
        return Table.read(path, format=_FORMATS.get(path.suffix)).to_pandas()
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from None
