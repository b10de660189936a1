"""What is measured: one function per stage, each making what it lacks from the stages before."""

import dataclasses
import importlib.util
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import own_files

from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.demo import make_demo
from data_pipeline.survey import Survey
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

N_BUILT = 400  # stars built and searched for periods: minutes, not hours
SEED = 42


@dataclass(frozen=True)
class Figure:
    """One measured number."""

    what: str
    value: float
    unit: str
    n_objects: int

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Bench:
    """Where a benchmark of n objects works, and what it makes there when asked."""

    work: Path
    run: Path
    n: int

    @property
    def survey_path(self) -> Path:
        return self.work / f"survey-{self.n}"

    @property
    def embeddings_path(self) -> Path:
        return self.work / f"embeddings-{self.n}"

    @property
    def atlas_path(self) -> Path:
        return self.work / f"atlas-{self.n}"

    def survey(self) -> Survey:
        if not self.survey_path.exists():
            simulate(self)
        return Survey.open(self.survey_path)

    def embeddings(self) -> Embeddings:
        if not self.embeddings_path.exists():
            embed(self)
        return Embeddings.open(self.embeddings_path)

    def atlas(self) -> Atlas:
        if not self.atlas_path.exists():
            umap(self)
        return Atlas.open(self.atlas_path)

    def figure(self, what: str, value: float, unit: str = "objects/s") -> Figure:
        return Figure(what, value, unit, self.n)


def simulate(bench: Bench) -> list[Figure]:
    """The demo sky, from nothing to a survey on disk."""
    seconds, _ = _timed(make_demo, _fresh(bench.survey_path), n_stars=bench.n, seed=SEED)
    return [bench.figure("simulate", bench.n / seconds)]


def build(bench: Bench) -> list[Figure]:
    """A catalogue and files of light curves and spectra, read, searched for periods, written."""
    config = own_files.write(bench.survey(), bench.work / f"files-{bench.n}", N_BUILT)
    figures = build_survey(load_config(config), _fresh(bench.work / f"built-{bench.n}"))
    seconds = figures["seconds"]
    rest = sum(s for stage, s in seconds.items() if stage != "periods")
    return [
        bench.figure("build (without periods)", N_BUILT / rest),
        bench.figure("find periods", N_BUILT / seconds["periods"]),
    ]


def train(bench: Bench) -> list[Figure]:
    """Two epochs of pre-training, and the preparation of its inputs."""
    from model.config import TrainConfig, compact
    from model.execution import Execution
    from model.modalities import SurveyTensors
    from model.train import train as pretrain

    survey, cache = bench.survey(), _fresh(bench.work / f"tensors-{bench.n}")
    preparing, _ = _timed(SurveyTensors, survey, compact(), cache)
    out = _fresh(bench.work / f"run-{bench.n}")
    epochs, fresh = TrainConfig(epochs=2), Execution(cache=cache, restart=True)
    training, run = _timed(pretrain, survey, out, compact(), epochs, fresh)
    return [
        bench.figure("prepare inputs", bench.n / preparing),
        bench.figure("train (per epoch)", len(run.training_ids) * len(run.history) / training),
    ]


def embed(bench: Bench) -> list[Figure]:
    """All modalities of all objects by the shipped run, the inputs prepared before."""
    from model.embed import embed as embed_survey
    from model.execution import Execution
    from model.modalities import SurveyTensors
    from model.run import Run

    run, survey = Run.open(bench.run), bench.survey()
    cache = bench.work / f"tensors-{bench.n}"
    SurveyTensors(survey, run.model_config, cache)
    out = _fresh(bench.embeddings_path)
    seconds, _ = _timed(embed_survey, survey, run, out, Execution(cache=cache))
    return [bench.figure("embed", bench.n / seconds)]


def presets(bench: Bench) -> list[Figure]:
    """`compact` beside `astrom3`, batches of 64; measured by presets.py."""
    from presets import compare

    cache = bench.work / f"tensors-{bench.n}"
    return [
        bench.figure(what, value, "") for what, value in compare(bench.survey(), cache, 64).items()
    ]


def umap(bench: Bench) -> list[Figure]:
    """Neighbours and the fused map by themselves, then the whole atlas."""
    from model.analysis.neighbors import NeighborIndex
    from model.analysis.projection import umap_map

    survey, embeddings = bench.survey(), bench.embeddings()
    vectors, present = embeddings.fused, embeddings.any_present
    searching, (similarity, rows) = _timed(NeighborIndex(50).fit(vectors, None, present).kneighbors)
    first, _ = _timed(umap_map, vectors, rows, similarity, present)
    again, _ = _timed(umap_map, vectors, rows, similarity, present)
    building, _ = _timed(build_atlas, survey, embeddings, _fresh(bench.atlas_path))
    return [
        bench.figure("50 neighbours of all", searching, "s"),
        bench.figure("UMAP, first in a process", first, "s"),
        bench.figure("UMAP, compiled", again, "s"),
        bench.figure("whole atlas", building, "s"),
    ]


def page(bench: Bench) -> list[Figure]:
    """The page in a real browser; measured by page.py."""
    if importlib.util.find_spec("page") is None:
        return []
    figures = importlib.import_module("page").measure(bench.atlas().path)
    return [
        bench.figure(what, value, "GiB" if what == "private memory" else "s")
        for what, value in figures.items()
    ]


def users(bench: Bench) -> list[Figure]:
    """Twenty people who click on one process; measured by users.py."""
    from users import measure

    return [bench.figure(what, value, "s") for what, value in measure(bench.atlas().path).items()]


STAGES: dict[str, Callable[[Bench], list[Figure]]] = {
    "simulate": simulate,
    "build": build,
    "train": train,
    "embed": embed,
    "presets": presets,
    "umap": umap,
    "page": page,
    "users": users,
}


def _timed(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = function(*args, **kwargs)
    return time.perf_counter() - started, result


def _fresh(path: Path) -> Path:
    """The path, with what an earlier run left there removed."""
    shutil.rmtree(path, ignore_errors=True)
    return path
