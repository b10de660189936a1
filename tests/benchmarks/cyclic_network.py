"""A folded-curve network that does not care where the phase begins, to compare with.

After Zhang & Bloom 2021 (MNRAS 505, 515): the light curve folded at its period and sorted by phase
goes through dilated convolutions that wrap around, so that a shift in phase shifts every layer and
the mean over phase stays the same. As there, other quantities join before the last layers: here
all of the survey's features.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from grid_figures import labelled_rows
from numpy.typing import NDArray
from sklearn.preprocessing import QuantileTransformer
from torch import Tensor, nn

from data_pipeline.light_curves import phase_fold
from data_pipeline.survey import Survey
from model.evaluation.cells import macro_f1

N_POINTS, WIDTH, N_CHANNELS = 200, 48, 4
BATCH = 64


class Wrapped(nn.Module):
    """Residual block of two dilated convolutions around the circle."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(
            layer
            for _ in range(2)
            for layer in (
                nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation,
                          padding_mode="circular"),
                nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Dropout(0.15),
            )
        ))  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class CyclicNetwork(nn.Module):
    """Folded curves (n, 4, 200) and features (n, F) to class scores (n, K)."""

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.curve = nn.Sequential(
            nn.Conv1d(N_CHANNELS, WIDTH, 1), *(Wrapped(2**i) for i in range(6))
        )
        self.head = nn.Sequential(
            nn.Linear(WIDTH + n_features, 128), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(128, n_classes),
        )  # fmt: skip

    def forward(self, curves: Tensor, features: Tensor) -> Tensor:
        return self.head(torch.cat([self.curve(curves).mean(dim=2), features], dim=1))


def folded_curves(survey: Survey, seed: int = 0) -> NDArray[np.float32]:
    """Return (N, 4, 200): magnitude and error over its spread, step in phase, whether measured.

    Of several bands the one with the most points; 200 points drawn, sorted by phase.
    """
    rng = np.random.default_rng(seed)
    period = survey.objects["period_days"].to_numpy(np.float64, na_value=np.nan)
    curves = np.zeros((len(survey), N_CHANNELS, N_POINTS), np.float32)
    for source_id, curve in survey.iter_light_curves():
        row = survey.row(source_id)
        good = curve.select(curve.good)
        if not len(good) or not np.isfinite(period[row]):
            continue
        names, counts = np.unique(good.band, return_counts=True)
        good = good.in_band(str(names[counts.argmax()]))
        good = good.select(np.isfinite(good.mag))
        if len(good) < 5:
            continue
        drawn = rng.choice(len(good), N_POINTS, replace=len(good) < N_POINTS)
        phase = phase_fold(good.time[drawn], period[row])
        order = np.argsort(phase, kind="stable")
        mag, error = good.mag[drawn][order], good.mag_err[drawn][order]
        spread = max(float(np.std(mag)), 1e-3)
        step = np.diff(phase[order], append=phase[order][0] + 1)
        values = [(mag - mag.mean()) / spread, error / spread, step * N_POINTS, np.ones(N_POINTS)]
        curves[row] = np.clip(np.nan_to_num(np.stack(values)), -10, 10)
    return curves


def cyclic_network(
    survey: Survey,
    base: str,
    subsets: Sequence[str],
    cpu_seconds: float,
    shares: Mapping[str, float],
) -> dict[str, Any]:
    """Return what the network reaches per label subset, in the whole time of a preset's run.

    It has no pre-training, whose half of the time is therefore shared out among the classifiers.
    """
    curves = torch.from_numpy(folded_curves(survey))
    values = survey.features.to_numpy(np.float64, na_value=np.nan)
    total = sum(shares[subset] for subset in subsets)
    found, epochs = {}, {}
    for subset in subsets:
        code, rows = labelled_rows(survey, base, subset)
        features = torch.from_numpy(_as_normal(values, rows["train"]))
        seconds = cpu_seconds * shares[subset] / total
        torch.manual_seed(0)
        network = CyclicNetwork(features.shape[1], int(code.max()) + 1)
        epochs[subset] = _fit(network, curves, features, code, rows, seconds)
        guess = _predict(network, curves, features, rows["test"])
        truth = code[rows["test"]]
        found[subset] = {
            "accuracy": float((guess == truth).mean()), "macro_f1": macro_f1(guess, truth),
        }  # fmt: skip
    return {"finetuned": found, "epochs": epochs}


def _as_normal(values: NDArray[np.float64], train: NDArray[np.int64]) -> NDArray[np.float32]:
    """Features (N, F) as normal deviates by rank among the train part; what is missing is 0."""
    known = np.isfinite(values[train]).any(axis=0)
    values = values[:, known]
    made = QuantileTransformer(output_distribution="normal", n_quantiles=200, random_state=0)
    made.fit(values[train])
    return np.nan_to_num(np.clip(made.transform(values), -3, 3)).astype(np.float32)


def _fit(
    network: CyclicNetwork,
    curves: Tensor,
    features: Tensor,
    code: NDArray[np.int64],
    rows: Mapping[str, NDArray[np.int64]],
    cpu_seconds: float,
) -> int:
    """Train for the time given, or until 15 epochs bring nothing; keep the best of the val part."""
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    target = torch.from_numpy(code)
    begun, best, best_epoch, epoch = time.process_time(), -1.0, 0, 0
    kept = {k: v.clone() for k, v in network.state_dict().items()}
    while time.process_time() - begun < cpu_seconds and epoch - best_epoch < 15:
        network.train()
        order = rng.permutation(rows["train"])
        for part in np.array_split(order, max(1, len(order) // BATCH)):
            shift = int(rng.integers(N_POINTS))
            scores = network(curves[part].roll(shift, dims=2), features[part])
            loss = nn.functional.cross_entropy(scores, target[part], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        epoch += 1
        reached = macro_f1(_predict(network, curves, features, rows["val"]), code[rows["val"]])
        if reached > best:
            best, best_epoch = reached, epoch
            kept = {k: v.clone() for k, v in network.state_dict().items()}
    network.load_state_dict(kept)
    return epoch


@torch.inference_mode()
def _predict(
    network: CyclicNetwork, curves: Tensor, features: Tensor, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    network.eval()
    parts = [rows[i : i + 256] for i in range(0, len(rows), 256)]
    return np.concatenate([network(curves[p], features[p]).argmax(1).numpy() for p in parts])
