"""Agreement with known periods: the arithmetic, and published eclipsing stars as they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.light_curves import LightCurve
from data_pipeline.periods import find_periods
from data_pipeline.periods.agreement import period_agreement


def test_shares_of_each_group() -> None:
    table = period_agreement(
        found=[1.0, 0.5, 2.0, np.nan, 3.0, 1.0],
        known=[1.0, 1.0, 1.0, 1.0, 3.02, np.nan],
        span=[100.0] * 6,
        group=["a"] * 4 + ["b"] * 2,
    )
    assert table["n"].to_dict() == {"a": 4, "b": 1}
    shares = table[["found", "right", "half", "double", "up_to_two"]].to_numpy()
    assert shares[0].tolist() == [0.75, 0.25, 0.25, 0.25, 0.75]
    assert table["right"].tolist() == [0.25, 1.0]
    assert table["in_phase"].tolist() == [0.25, 0.0]  # 0.7 % over 33 cycles: a quarter of a cycle


@pytest.mark.realdata
def test_published_eclipsing_stars(real_data: Path) -> None:
    path = real_data / "asas_acvs"
    stars = pd.read_csv(path / "objects.csv.gz")
    stars = stars[stars["acvs_class"].isin(["EC", "ED", "ESD"])].sample(15, random_state=8)
    chosen = stars["obj"].tolist()
    points = pd.read_parquet(path / "lightcurves.parquet", filters=[("obj", "in", chosen)])
    by_star = [points[points["obj"] == obj] for obj in chosen]
    curves = [
        (obj, LightCurve.from_mag(p["t1e5"] / 1e5, p["mag1e3"] / 1e3, p["err1e3"] / 1e3))
        for obj, p in zip(chosen, by_star, strict=True)
    ]
    found = find_periods(curves, workers=1)["period_days"]
    span = [np.ptp(curve.time) for _, curve in curves]
    table = period_agreement(found.to_numpy(), stars["acvs_period_d"].to_numpy(), span, [0] * 15)
    assert table["right"].to_numpy()[0] >= 0.7
    assert table["up_to_two"].to_numpy()[0] >= 0.9
