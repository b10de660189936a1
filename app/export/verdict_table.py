"""The verdicts so far as a table that stands beside the stars of a list."""

import numpy as np
import pandas as pd

from app.verdicts.book import VerdictBook
from data_pipeline.verdict_log import KINDS


def verdict_table(book: VerdictBook, vetter: str | None = None) -> pd.DataFrame:
    """Verdicts that say anything, oldest first, in the words of `CandidateList.with_verdicts`."""
    standing = [e for e in book.standing(vetter) if e.kind != "skip"]
    return pd.DataFrame(
        [
            {
                "source_id": e.source_id, "verdict": KINDS[e.kind].words, "classes": e.classes,
                "is_sure": e.is_sure, "period_days": e.period_days, "epoch": e.epoch_days,
                "reason": e.reason, "note": e.note, "vetter": e.vetter, "time": e.created,
            }
            for e in sorted(standing, key=lambda e: e.created)
        ]
    )  # fmt: skip


def with_ids(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Verdicts, or an empty table that has the column all of them have."""
    if "source_id" in verdicts:
        return verdicts
    return pd.DataFrame({"source_id": np.empty(0, dtype=np.int64)})
