"""Makes an atlas directory from a survey and its embeddings.

Everything is computed here once, in one process (the map's compiler is paid once per process), in
the order: what is checked, each space described, the main bodies of the classes on the map, class
probabilities, how well new objects can be placed, writing.
"""

import itertools
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.cli import progress
from data_pipeline.directories import new_directory, provenance, write_manifest
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.analysis.clusters import ClassClusters, class_clusters
from model.analysis.labels import shared_texts
from model.analysis.oddities import dbscan_radius, mismatch
from model.analysis.placement import measure_displacement
from model.analysis.projection import umap_map
from model.analysis.spaces import MapSettings, Space, describe_space
from model.atlas_predictions import Predictions, probe_predictions, read_predictions
from model.atlas_schema import atlas_columns
from model.embeddings import Embeddings
from model.links import follow, link

KIND = "atlas"
SCHEMA_VERSION = 1
FUSED = "fused"


def write_atlas(
    survey: Survey,
    embeddings: Embeddings,
    path: str | os.PathLike[str],
    predictions: str | os.PathLike[str] | None = None,
    seed: int = 42,
    k: int = 50,
    overwrite: bool = False,
    n_map_seeds: int = 1,
) -> None:
    """Compute and write an atlas; see `model.atlas.build_atlas`."""
    _check_same_survey(survey, embeddings)
    embedded = np.isin(survey.source_id, embeddings.source_id)
    embeddings = embeddings.aligned(survey.source_id[embedded])
    labels = _labels(survey)[embedded]
    predicted = read_predictions(predictions, embeddings.source_id) if predictions else None
    with new_directory(path, overwrite) as directory:
        settings = MapSettings(seed=seed)
        spaces = _describe_spaces(embeddings, labels, k, settings)
        clusters = class_clusters(_xy(spaces[0]), labels)
        predicted = predicted or probe_predictions(embeddings, labels, seed)
        apart = _recurrence(embeddings, spaces[0], labels, clusters, settings, n_map_seeds)
        _write_objects(directory, embeddings, spaces, clusters, predicted, apart)
        _write_neighbors(directory, spaces)
        write_manifest(
            directory,
            KIND,
            SCHEMA_VERSION,
            _provenance(seed),
            name=survey.name,
            is_synthetic=survey.is_synthetic,
            n_objects=len(embeddings),
            spaces=[space.name for space in spaces],
            n_present={m: int(mask.sum()) for m, mask in embeddings.present.items()},
            map_settings=asdict(settings),
            n_map_seeds=n_map_seeds,
            dbscan={"eps": clusters.eps, "min_samples": clusters.min_samples},
            predictions=predicted.description,
            placement=_placement(embeddings, spaces[0], settings),
            links=_links(survey, embeddings, Path(path)),
        )


def _check_same_survey(survey: Survey, embeddings: Embeddings) -> None:
    """Refuse embeddings of another survey, or of an earlier state of this one."""
    made_from = embeddings.manifest["links"]["survey"]["hash"]
    if made_from != survey.content_hash:
        raise InputError(
            f"The embeddings at {embeddings.path} were made from another survey than "
            f"{survey.path} (content hash {made_from[:12]}, not {survey.content_hash[:12]}). "
            "Embed this survey: python -m model embed."
        )
    survey.rows(embeddings.source_id)  # refuses objects that are not in the survey


def _labels(survey: Survey) -> npt.NDArray[np.object_]:
    """Class labels (N,) of the survey, None where unknown."""
    if "class_label" not in survey.objects:
        return np.full(len(survey), None, dtype=object)
    return shared_texts(survey.objects["class_label"], None)


def _describe_spaces(
    embeddings: Embeddings, labels: npt.NDArray[np.object_], k: int, settings: MapSettings
) -> list[Space]:
    """The fused space, then each modality that at least two objects have."""
    names = [m for m in embeddings.modalities if embeddings.present[m].sum() > 1]
    if not names:
        raise InputError(f"The embeddings at {embeddings.path} hold fewer than two objects.")
    spaces = []
    for name in progress([FUSED, *names], "maps"):
        vectors = embeddings.fused if name == FUSED else embeddings[name]
        present = embeddings.any_present if name == FUSED else embeddings.present[name]
        spaces.append(describe_space(name, vectors, present, labels, k, settings))
    return spaces


def _xy(space: Space) -> npt.NDArray[np.float32]:
    return np.column_stack([space.columns[f"{axis}_{space.name}"] for axis in "xy"])


def _recurrence(
    embeddings: Embeddings,
    fused: Space,
    labels: npt.NDArray[np.object_],
    clusters: ClassClusters,
    settings: MapSettings,
    n_seeds: int,
) -> npt.NDArray[np.floating[Any]] | None:
    """Share (N,) of the map's seeds at which a star is off its class's main cluster."""
    if n_seeds < 2:
        return None
    apart = clusters.is_outlier.astype(float)
    for other in progress(range(1, n_seeds), "map seeds"):
        xy = umap_map(
            embeddings.fused, fused.rows, fused.similarity, embeddings.any_present,
            settings.n_neighbors, settings.min_dist, settings.seed + other,
        )  # fmt: skip
        apart += class_clusters(xy, labels).is_outlier
    return apart / n_seeds


def _placement(
    embeddings: Embeddings, fused: Space, settings: MapSettings
) -> dict[str, float] | None:
    """How far held-out objects land from their place on the fused map."""
    displacement = measure_displacement(
        embeddings.fused, _xy(fused), embeddings.any_present,
        seed=settings.seed, n_neighbors=settings.n_neighbors, min_dist=settings.min_dist,
    )  # fmt: skip
    return None if displacement is None else displacement.as_dict()


def _write_objects(
    directory: Path,
    embeddings: Embeddings,
    spaces: list[Space],
    clusters: ClassClusters,
    predicted: Predictions,
    recurrence: npt.NDArray[np.floating[Any]] | None,
) -> None:
    """Write objects.parquet, each column with its meaning."""
    values: dict[str, npt.NDArray[Any]] = {"source_id": embeddings.source_id}
    for space in spaces:
        values |= space.columns
    values["mismatch"] = _mismatch(embeddings)
    values["dbscan_radius"] = dbscan_radius(spaces[0].rows, spaces[0].similarity)
    values["dbscan_cluster"] = clusters.cluster
    values["is_dbscan_outlier"] = clusters.is_outlier
    if recurrence is not None:
        values["dbscan_recurrence"] = recurrence
    values["predicted_class"], values["predicted_probability"] = predicted.best()
    for name, probability in zip(predicted.classes, predicted.probability.T, strict=True):
        values[f"prob_{name}"] = probability
    columns = atlas_columns([space.name for space in spaces], predicted.classes)
    fields = [columns[name].arrow_field() for name in values]
    arrays = [
        pa.array(v, type=field.type, from_pandas=True)  # NaN and None become null
        for v, field in zip(values.values(), fields, strict=True)
    ]
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    pq.write_table(table, directory / "objects.parquet", compression="zstd")


def _mismatch(embeddings: Embeddings) -> npt.NDArray[np.floating[Any]]:
    """Mean over the pairs of modalities (N,) of how badly they go together; NaN without a pair."""
    pairs = [
        mismatch(embeddings[a], embeddings[b], embeddings.present[a] & embeddings.present[b])
        for a, b in itertools.combinations(embeddings.modalities, 2)
    ]
    values = np.reshape(pairs, (len(pairs), len(embeddings)))
    known = np.isfinite(values)
    total, count = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(len(embeddings), np.nan), where=count > 0)


def _write_neighbors(directory: Path, spaces: list[Space]) -> None:
    for space in spaces:
        np.save(directory / f"neighbors_{space.name}.npy", space.rows)
        np.save(directory / f"similarity_{space.name}.npy", space.similarity)


def _provenance(seed: int) -> dict[str, Any]:
    record = provenance(seed=seed)
    record["versions"] |= {name: version(name) for name in ("umap-learn", "scikit-learn", "numba")}
    return record


def _links(survey: Survey, embeddings: Embeddings, path: Path) -> dict[str, dict[str, str]]:
    """Links to the survey, the embeddings and, where they tell, the run that made them."""
    if embeddings.path is None:
        raise InputError("An atlas is built from embeddings on disk (Embeddings.write).")
    links = {"survey": link(survey.path, path), "embeddings": link(embeddings.path, path)}
    run = embeddings.manifest["links"].get("run")
    if run is not None:
        links["run"] = link(follow(embeddings.path, "run", run), path)
    return links
