"""Neither the row, the id, the number of epochs nor a missing spectrum gives a class away.

Each is compared with what brightness and position tell, which is astrophysics.
"""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

from data_pipeline.demo.build import simulation_orders
from data_pipeline.demo.classes import PAPER_CLASSES
from data_pipeline.demo.simulate import fitting_star, visits
from data_pipeline.ids import stable_id

N_STARS = 1500


@pytest.fixture(scope="module")
def stars():
    """Class, and what could leak, of many stars; nothing but physics and the observing log."""
    rows = []
    for order in simulation_orders(N_STARS, seed=11):
        if order.kind.label not in PAPER_CLASSES:
            continue
        rng = np.random.default_rng((order.seed, order.index))
        star, epochs = fitting_star(order, rng)
        n_visits = visits(star, order.seed, rng)[0].size
        rows.append((order.kind.label, order.index, stable_id("demo", str(order.index)), n_visits,
                     len(epochs), star.v_mag, star.place.ra_deg, star.place.dec_deg))  # fmt: skip
    label, *columns = zip(*rows, strict=True)
    return np.array(label), np.array(columns, dtype=np.float64).T


def accuracy(features: np.ndarray, label: np.ndarray) -> float:
    forest = RandomForestClassifier(60, min_samples_leaf=10, random_state=0)
    return float(cross_val_score(forest, features, label, cv=3).mean())


def test_observing_log_and_ids_say_no_more_than_brightness_and_position(stars):
    label, values = stars
    log = values[:, :4]
    sky = values[:, 4:]
    majority = max(np.unique(label, return_counts=True)[1]) / label.size
    assert accuracy(log, label) <= accuracy(sky, label) + 0.02
    assert accuracy(log, label) <= majority + 0.03


def test_knowing_the_log_does_not_help_once_brightness_and_position_are_known(stars):
    label, values = stars
    assert accuracy(values, label) <= accuracy(values[:, 4:], label) + 0.03
