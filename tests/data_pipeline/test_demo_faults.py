"""Planted faults come at the stated rates and where they should; classes have enough stars."""

from collections import Counter

import numpy as np
import pytest

from data_pipeline.demo.classes import (
    PAPER_CLASSES,
    PAPER_COUNTS,
    UNSEEN_CLASSES,
    class_counts,
    kind_list,
)
from data_pipeline.demo.faults import CONFUSIONS, RATES, Fault, catalog_period, plan_faults

N_STARS = 4000


@pytest.fixture(scope="module")
def kinds():
    return kind_list(N_STARS, "balanced")


@pytest.fixture(scope="module")
def faults(kinds):
    return plan_faults(kinds, np.random.default_rng(8))


def test_every_class_has_at_least_forty_stars(kinds, faults):
    labels = Counter(fault.label or kind.label for kind, fault in zip(kinds, faults, strict=True))
    assert set(labels) == {*PAPER_CLASSES, *UNSEEN_CLASSES}
    assert min(labels.values()) >= 40
    assert sum(kind.is_carbon and kind.label == "M" for kind in kinds) >= 40
    assert {kind.subtype for kind in kinds if kind.label == "ROT"} == {"dwarf", "giant"}


@pytest.mark.parametrize("n_stars", [40, 120, 1000, 4000, 21000])
@pytest.mark.parametrize("proportions", ["balanced", "paper"])
def test_class_counts_add_up(n_stars, proportions):
    counts = class_counts(n_stars, proportions)
    assert sum(counts.values()) == n_stars
    assert min(counts.values()) >= 1


def test_paper_proportions_follow_the_paper():
    counts = class_counts(20_000, "paper")
    total = sum(PAPER_COUNTS.values())
    for name, number in counts.items():
        assert number == pytest.approx(20_000 * PAPER_COUNTS[name] / total, abs=2)


def test_faults_come_at_the_stated_rates(faults):
    found = Counter(fault.fault for fault in faults)
    for name, rate in RATES.items():
        assert found[name] == round(rate * N_STARS)


def test_only_wrong_labels_change_the_label(kinds, faults):
    for kind, fault in zip(kinds, faults, strict=True):
        if fault.fault == "wrong_label":
            assert fault.label != kind.label
            assert fault.label in {name for name, _, _ in CONFUSIONS[kind.label]}
            assert kind.label in fault.detail
        else:
            assert fault.label == ""


def test_catalog_periods_carry_the_planted_mistake():
    rng = np.random.default_rng(0)
    assert catalog_period(0.5, Fault(), 1500.0, rng) == pytest.approx(0.5, rel=1e-4)
    half = Fault("wrong_period", "half", period_factor=0.5)
    assert catalog_period(0.5, half, 1500.0, rng) == pytest.approx(0.25, rel=1e-4)
    alias = catalog_period(0.7, Fault("wrong_period", "daily alias"), 1500.0, rng)
    offset = abs(1 / alias - 1 / 0.7)
    assert offset == pytest.approx(1.0027, abs=0.01) or 1 / alias + 1 / 0.7 == pytest.approx(
        1.0027, abs=0.01
    )
