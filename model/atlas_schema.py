"""What the columns of an atlas mean: unit, description and role, as in a survey's table."""

from collections.abc import Iterable

from data_pipeline.schema import Column

_OF_SPACE = {
    "x": ("float64", "map position (UMAP), {space}"),
    "y": ("float64", "map position (UMAP), {space}"),
    "class_x": ("float64", "position on the map of its own class, {space}"),
    "class_y": ("float64", "position on the map of its own class, {space}"),
    "isolation": ("float64", "1 - mean similarity of the 10 nearest neighbours, {space}"),
    "vote_class": ("string", "class the nearest neighbours vote for, {space}"),
    "vote_fraction": ("float64", "share of the vote that this class gets, {space}"),
    "vote_label_fraction": ("float64", "share of the vote that the star's label gets, {space}"),
    "centroid_distance": ("float64", "cosine distance to the centre of the class, {space}"),
    "centroid_percentile": ("float64", "share of its class that lies nearer the centre, {space}"),
    "nearest_centroid": ("string", "class whose centre is nearest, {space}"),
    "nearest_centroid_distance": ("float64", "cosine distance to that centre, {space}"),
    "center_excess": (
        "float64",
        "distance to the nearest of its class's centres, less that to any other class's, {space}",
    ),
}
_OF_STAR = {
    "mismatch": (
        "float64",
        "share of other stars whose data would go better with this star's other data than its own",
    ),
    "dbscan_radius": (
        "float64",
        "cosine distance from which DBSCAN of all stars, without labels, has it in a cluster",
    ),
    "dbscan_cluster": (
        "int64",
        "cluster of its class on the fused map: 0 main, 1... smaller, -1 scattered, -2 none",
    ),
    "is_dbscan_outlier": ("bool", "outside the main cluster of its class on the fused map"),
    "dbscan_recurrence": (
        "float64",
        "share of the map's seeds at which it lies outside the main cluster of its class",
    ),
    "predicted_class": ("string", "class of a model that never saw the star's label"),
    "predicted_probability": ("float64", "probability that model gives to this class"),
}
_UNITS = {"centroid_percentile": "%"}


def atlas_columns(spaces: Iterable[str], classes: Iterable[str]) -> dict[str, Column]:
    """Describe the columns an atlas adds, for its spaces ("fused" and modalities) and classes."""
    columns = [Column("source_id", "", "identifier", "meta.id;meta.main", "id", "int64")]
    for space in spaces:
        what = "all modalities fused" if space == "fused" else space
        columns += [
            Column(f"{key}_{space}", _UNITS.get(key, ""), text.format(space=what), "", "derived", t)
            for key, (t, text) in _OF_SPACE.items()
        ]
    columns += [Column(k, "", text, "", "derived", t) for k, (t, text) in _OF_STAR.items()]
    columns += [
        Column(f"prob_{name}", "", f"out-of-fold probability of {name}", "", "derived")
        for name in classes
    ]
    return {column.name: column for column in columns}
