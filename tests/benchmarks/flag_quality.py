"""How well each flag, cleanlab alone, and their combination find labels known to be wrong.

python tests/benchmarks/flag_quality.py --out DIR [--demo ATLAS] [--acvs SURVEY] [--eros1 SURVEY]
    [--acvs-embeddings EMB] [--eros1-embeddings EMB] [--seeds 10]

Three per cent of the labels are moved to a class they might be taken for, ten times over. Whatever
depends on labels is made again each time: out-of-fold probabilities (forests, a small network and
neighbours on the survey's features, mean; on the demo sky the atlas's linear probe on embeddings;
with embeddings both), neighbours' votes, class centres, clusters. A seed that is done is kept
in DIR and not done again. The combination's weights are learned on all seeds but the one it is
scored on. Tables go to DIR/flag_quality.md and flag_quality.json.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import QuantileTransformer

from data_pipeline.cli import run_main, write_json
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.analysis.clusters import class_clusters
from model.analysis.confident import confidence
from model.analysis.disagreement import external_conflict, vote_split
from model.analysis.flag_weights import combine, learn_weights
from model.analysis.many_centers import center_distances
from model.analysis.metrics import average_precision, recall_at
from model.analysis.neighbors import NeighborIndex
from model.analysis.oddities import isolation
from model.analysis.outliers import CentroidOutlierDetector
from model.analysis.period_doubt import period_doubt
from model.analysis.probe import OutOfFoldProbe, stratified_folds
from model.analysis.votes import neighbor_vote
from model.atlas import Atlas
from model.embeddings import Embeddings

MOVED = 0.03
REVIEWED = (0.01, 0.03, 0.05)
N_RESAMPLES = 200
N_FOLDS = 5
COMBINATION = "combination"
CLEANLAB = "cleanlab alone"
WORDS = {
    CLEANLAB: "cleanlab's normalised margin alone (random forest; demo: the probe)",
    "probe": "classifier against catalogue, mean of models",
    "vote": "neighbours' vote",
    "centroid": "nearer another class's centre",
    "centers": "the same, several centres a class",
    "far": "far from its class's centre (percentile)",
    "alone": "off its class's main cluster (DBSCAN on the map)",
    "split": "kinds of data disagree",
    "sparse": "local density",
    "external": "another catalogue disagrees",
    "period": "wrong-period evidence",
    COMBINATION: "combination, weights from other seeds",
}
ACVS_MOVES = {
    "EC": ["ESD", "RRC", "DSCT"], "ESD": ["EC", "ED"], "ED": ["ESD", "EC"],
    "RRC": ["EC", "DSCT"], "DSCT": ["EC", "RRC"], "RRAB": ["RRC", "EC"],
    "MIRA": ["ESD", "ED"], "ACV": ["ESD", "ED"],
}  # fmt: skip
EROS_MOVES = {
    "CEP": ["RRLYR", "ECL"], "RRLYR": ["CEP", "ECL"], "ECL": ["CEP", "RRLYR"], "LPV": ["CEP", "ECL"]
}  # fmt: skip
DEMO_MOVES = {
    "EW": ["EB", "RRC", "HADS"], "EB": ["EW", "EA"], "EA": ["EB", "ROT"], "RRC": ["EW", "HADS"],
    "RRAB": ["RRC", "EB"], "DSCT": ["HADS", "EW"], "HADS": ["DSCT", "RRC"], "SR": ["M", "ROT"],
    "M": ["SR"], "ROT": ["SR", "EW", "EB"],
}  # fmt: skip

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.object_]


@dataclass
class Case:
    """A survey whose labels are moved.

    Attributes
    ----------
    labels : object array (N,)
        As they are before; None for stars that are not learned from.
    features : float array (N, F) or None
    spaces : dict of str to (unit vectors (N, D), presence (N,))
        The first stands for all data.
    planted : bool array (N,) or None
        Labels that are wrong from the beginning.
    """

    name: str
    objects: pd.DataFrame
    labels: Labels
    moves: Mapping[str, Sequence[str]]
    features: Floats | None
    spaces: dict[str, tuple[Any, Mask]]
    external: pd.DataFrame = field(default_factory=pd.DataFrame)
    map_xy: Floats | None = None
    planted: Mask | None = None
    given: Labels | None = None

    def __post_init__(self) -> None:
        self.source_id = self.objects["source_id"].to_numpy(np.int64)
        self.known = {
            name: NeighborIndex(20).fit(vectors, present=present).kneighbors()
            for name, (vectors, present) in self.spaces.items()
        }

    def moved(self, seed: int) -> tuple[Labels, Mask]:
        """Labels with three per cent of them moved, and which ones."""
        if seed < 0:  # the errors of the survey itself
            assert self.given is not None
            assert self.planted is not None
            return self.given, self.planted
        rng = np.random.default_rng(seed)
        labels = self.labels.copy()
        can = np.flatnonzero(np.isin(labels.astype(str), list(self.moves)))
        chosen = rng.choice(can, round(MOVED * len(can)), replace=False)
        for row in chosen.tolist():
            labels[row] = rng.choice(self.moves[labels[row]])
        is_moved = np.zeros(len(labels), dtype=bool)
        is_moved[chosen] = True
        return labels, is_moved


def survey_case(
    name: str, path: Path, embeddings: Path | None, moves: dict[str, list[str]], own: str
) -> Case:
    """A real survey, with its features and, where they are given, embeddings."""
    survey = Survey.open(path)
    labels = survey.objects["class_label"].astype(object).to_numpy()
    kept = np.isin(labels.astype(str), list(moves))
    objects = survey.objects[kept].reset_index(drop=True)
    features = survey.features.to_numpy()[kept]
    scaled = scaled_features(features)
    everyone = np.ones(len(objects), dtype=bool)
    spaces = {"features": (unit(scaled), everyone)}
    if embeddings is not None:
        aligned = Embeddings.open(embeddings).aligned(objects["source_id"].to_numpy(np.int64))
        spaces = {"fused": (aligned.fused, aligned.any_present), **spaces}
    external = survey.external
    return Case(
        name, objects, labels[kept], moves, features, spaces,
        external[external["catalog"] != own],
    )  # fmt: skip


def demo_case(path: Path) -> Case:
    """The simulated sky: its true classes, its atlas's spaces and map; and its planted errors."""
    atlas = Atlas.open(path)
    truth = atlas.survey.truth
    if truth is None:
        raise InputError(f"{atlas.name} is not simulated.")
    of_star = truth.set_index("source_id").loc[atlas.source_id].reset_index()
    given = atlas.objects["class_label"].astype(object).to_numpy()
    labels = of_star["true_class"].astype(object).to_numpy().copy()
    labels[~np.isin(labels.astype(str), list(set(given.astype(str))))] = None
    spaces = {m: (np.asarray(atlas.vectors(m)), atlas.present(m)) for m in atlas.modalities}
    xy = atlas.objects[["x_fused", "y_fused"]].to_numpy(np.float64)
    planted = (of_star["fault"] == "wrong_label").to_numpy()
    return Case(
        "demo", atlas.objects, labels, DEMO_MOVES, None, spaces, pd.DataFrame(), xy, planted, given
    )


def scaled_features(features: Floats) -> Floats:
    """Features (N, F) as normal deviates by rank, missing ones in the middle."""
    filled = np.where(np.isfinite(features), features, np.nanmedian(features, axis=0))
    made = QuantileTransformer(output_distribution="normal", n_quantiles=200, random_state=0)
    return np.asarray(np.clip(made.fit_transform(filled), -3, 3))


def unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


MODELS: dict[str, tuple[Callable[[], Any], bool]] = {
    "forest": (lambda: RandomForestClassifier(80, random_state=0), False),
    "trees": (
        lambda: ExtraTreesClassifier(150, min_samples_leaf=2, max_features=0.2, random_state=0),
        False,
    ),
    "network": (lambda: MLPClassifier((64,), alpha=1.0, max_iter=25, random_state=0), True),
    "neighbors": (lambda: KNeighborsClassifier(25, weights="distance"), True),
}
"""Models on features, and whether they want them scaled."""


def probabilities(case: Case, labels: Labels, seed: int) -> tuple[dict[str, Floats], list[str]]:
    """Out-of-fold class probabilities by each model, (N, C); NaN where nothing was learned."""
    code, classes = pd.factorize(pd.Series(labels, dtype=object), sort=True)
    used = code >= 0
    fold = stratified_folds(case.source_id, code, used, N_FOLDS, seed + 1000)
    found: dict[str, Floats] = {}
    if case.features is not None:
        filled = np.where(
            np.isfinite(case.features), case.features, np.nanmedian(case.features, axis=0)
        )
        scaled = scaled_features(case.features)
        for name, (make, is_scaled) in MODELS.items():
            x = scaled if is_scaled else filled
            found[name] = np.full((len(labels), len(classes)), np.nan)
            for number in range(N_FOLDS):
                model = make().fit(x[used & (fold != number)], code[used & (fold != number)])
                asked = used & (fold == number)
                found[name][np.ix_(asked, model.classes_)] = model.predict_proba(x[asked])
    embedded = [name for name in case.spaces if name not in ("features", "fused")]
    embedded = embedded or [name for name in case.spaces if name == "fused"]
    if embedded:
        vectors = np.hstack([case.spaces[name][0] for name in embedded])
        present = np.logical_or.reduce([case.spaces[name][1] for name in embedded])
        probe = OutOfFoldProbe(seed=seed + 1000).fit(vectors, labels, case.source_id, present)
        found["probe on embeddings"] = np.full((len(labels), len(classes)), np.nan)
        columns = np.searchsorted(np.array(classes, dtype=str), probe.classes_)
        found["probe on embeddings"][:, columns] = probe.probability_
    return {name: np.nan_to_num(p) for name, p in found.items()}, [str(c) for c in classes]


def scores_of(case: Case, labels: Labels, seed: int) -> dict[str, Floats]:
    """Every flag's score (N,), the higher the more suspicious."""
    found, classes = probabilities(case, labels, seed)
    mean = np.mean(list(found.values()), axis=0)
    first = found.get("forest", mean)
    scores = {CLEANLAB: margin(first, classes, labels), "probe": margin(mean, classes, labels)}
    if len(found) > 1:
        scores |= {f"of {name}": margin(p, classes, labels) for name, p in found.items()}
    similarity, rows = next(iter(case.known.values()))
    scores["vote"] = 1 - neighbor_vote(rows, similarity, labels).label_fraction
    scores["sparse"] = isolation(similarity)
    own = [name for name in case.spaces if name != "fused"] or ["fused"]
    centroids = [
        CentroidOutlierDetector().fit(case.spaces[n][0], labels, case.spaces[n][1]) for n in own
    ]
    scores["centroid"] = mean_known([c.distance_ - c.nearest_distance_ for c in centroids])
    ranks = np.stack([np.nan_to_num(c.percentile_, nan=-1) for c in centroids])
    scores["far"] = np.sort(ranks, axis=0)[-min(2, len(ranks))]
    excess = [center_distances(*_space(case, n, labels)).excess for n in own]
    scores["centers"] = mean_known(excess)
    if case.map_xy is not None:
        scores["alone"] = class_clusters(case.map_xy, labels).is_outlier.astype(float)
    if len(own) > 1:
        votes = {n: neighbor_vote(case.known[n][1], case.known[n][0], labels) for n in own}
        scores["split"] = vote_split(
            {n: v.winner for n, v in votes.items()}, {n: v.fraction for n, v in votes.items()}
        )
    if len(case.external):
        scores["external"] = external_conflict(case.source_id, labels, case.external)[0]
    scores["period"] = period_doubt(case.objects, labels).score
    return {name: np.asarray(score, dtype=np.float64) for name, score in scores.items()}


def _space(case: Case, name: str, labels: Labels) -> tuple[Any, Labels, Mask]:
    vectors, present = case.spaces[name]
    return vectors, labels, present


def margin(probability: Floats, classes: list[str], labels: Labels) -> Floats:
    return confidence(probability, classes, labels).margin


def mean_known(values: list[Floats]) -> Floats:
    stacked = np.stack(values)
    known = np.isfinite(stacked)
    total, count = np.where(known, stacked, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def measure(case: Case, seed: int, folder: Path) -> None:
    """Score one seed and keep the scores, unless they are kept already."""
    path = folder / f"{case.name}-{seed}.npz"
    if path.exists():
        return
    labels, moved = case.moved(seed)
    scores = scores_of(case, labels, seed)
    counted = pd.notna(labels)
    part = path.with_suffix(".part.npz")
    np.savez(part, moved=moved[counted], **{k: v[counted] for k, v in scores.items()})
    part.rename(path)
    print(f"{case.name} {seed}: " + ", ".join(
        f"{name} {average_precision(moved[counted], score[counted]):.3f}"
        for name, score in scores.items()
    ), file=sys.stderr, flush=True)  # fmt: skip


Seed = tuple[Mask, dict[str, Floats]]


def load(name: str, folder: Path) -> dict[int, Seed]:
    """The seeds of a case that are done."""
    done = {}
    for path in folder.glob(f"{name}-*.npz"):
        number = path.stem.removeprefix(f"{name}-")
        if number.lstrip("-").isdecimal():
            with np.load(path) as kept:
                scores = {key: kept[key] for key in kept.files if key != "moved"}
                done[int(number)] = (kept["moved"], scores)
    return dict(sorted(done.items()))


def with_combination(done: dict[int, Seed]) -> dict[str, float]:
    """Add the combination to each seed; returns the mean weights over the seeds planted here."""
    planted = [seed for seed in done if seed >= 0]
    used = [
        name
        for name in next(iter(done.values()))[1]
        if name not in (CLEANLAB, "far", "alone", "sparse", "period", "split")
    ]
    learned = {
        s: learn_weights({name: done[s][1][name] for name in used}, done[s][0]) for s in planted
    }
    for seed, (_, scores) in done.items():
        others = [learned[s] for s in planted if s != seed]
        if others:
            weights = {name: float(np.mean([w[name] for w in others])) for name in used}
            scores[COMBINATION] = combine({name: scores[name] for name in used}, weights)
    return {name: float(np.mean([w[name] for w in learned.values()])) for name in used}


def summarize(done: dict[int, Seed]) -> dict[str, Any]:
    """Mean over seeds of each measure, with intervals from resampling stars in every seed."""
    names = list(next(iter(done.values()))[1])
    rows = {name: {"ap": [], **{f"r{100 * f:g}": [] for f in REVIEWED}} for name in names}
    rng = np.random.default_rng(42)
    for resample in range(N_RESAMPLES + 1):
        drawn = {seed: _drawn(rng, len(moved), resample) for seed, (moved, _) in done.items()}
        for name in names:
            of_seed = [(m[drawn[s]], scores[name][drawn[s]]) for s, (m, scores) in done.items()]
            rows[name]["ap"].append(np.mean([average_precision(m, v) for m, v in of_seed]))
            for fraction in REVIEWED:
                recall = np.mean([recall_at(m, v, fraction) for m, v in of_seed])
                rows[name][f"r{100 * fraction:g}"].append(recall)
    table = {
        name: {key: _interval(np.array(values)) for key, values in of.items()}
        for name, of in rows.items()
    }
    if COMBINATION in rows:
        best = np.array(rows[COMBINATION]["ap"])
        for name in names:
            table[name]["combination_gains"] = _interval(best - np.array(rows[name]["ap"]))
    return table


def _drawn(rng: np.random.Generator, n: int, resample: int) -> NDArray[np.int64]:
    """All stars the first time, then as many drawn with replacement."""
    return np.arange(n) if resample == 0 else rng.integers(0, n, n)


def _interval(values: Floats) -> dict[str, float]:
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": float(values[0]), "low": float(low), "high": float(high)}


def as_markdown(title: str, table: dict[str, Any], n_seeds: int, n: int, n_wrong: int) -> str:
    """One case as a table."""
    lines = [
        f"**{title}**: {n:,} stars, {n_wrong} wrong labels, {n_seeds} seed(s)", "",
        "| ranked by | average precision | recall at 1 % | at 3 % | at 5 % | combination gains |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, row in table.items():
        cells = [_cell(row[key]) for key in ("ap", "r1", "r3", "r5")]
        gain = _cell(row["combination_gains"]) if "combination_gains" in row else ""
        lines.append(f"| {WORDS.get(name, name)} | {' | '.join(cells)} | {gain} |")
    return "\n".join(lines)


def _cell(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    for name in ("demo", "acvs", "eros1", "acvs-embeddings", "eros1-embeddings"):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    cases = []
    if args.demo:
        cases.append(demo_case(args.demo))
    if args.acvs:
        cases.append(survey_case("acvs", args.acvs, args.acvs_embeddings, ACVS_MOVES, "ACVS"))
    if args.eros1:
        cases.append(survey_case("eros1", args.eros1, args.eros1_embeddings, EROS_MOVES, "EROS-1"))
    for seed in range(-1, args.seeds):
        for case in cases:
            if seed >= 0 or case.planted is not None:
                measure(case, seed, args.out)
    report(args.out)


def report(folder: Path) -> None:
    """Tables of everything that is kept."""
    figures, texts = {}, []
    titles = {"demo": "Demo sky", "acvs": "ASAS ACVS", "eros1": "EROS-1 LMC"}
    for name, title in titles.items():
        done = load(name, folder)
        if not done:
            continue
        weights = with_combination(done)
        groups = {title: {s: d for s, d in done.items() if s >= 0}}
        if -1 in done:
            groups[f"{title}, its own planted errors"] = {-1: done[-1]}
        for words, group in groups.items():
            if group:
                table = summarize(group)
                moved = next(iter(group.values()))[0]
                texts.append(as_markdown(words, table, len(group), len(moved), int(moved.sum())))
                figures[words] = {"seeds": list(group), "table": table, "weights": weights}
        texts.append(f"Weights: {', '.join(f'{k} {v:.2f}' for k, v in weights.items())}")
    text = "\n\n".join(texts)
    (folder / "flag_quality.md").write_text(text + "\n", encoding="utf-8")
    write_json(folder / "flag_quality.json", figures)
    print(text)


if __name__ == "__main__":
    sys.exit(run_main(main, None))
