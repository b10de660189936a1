"""What a session says about flags: parameters of `AppState`, in the order of `AtlasStore.flags`."""

THRESHOLDS = (
    "percentile",
    "min_modalities",
    "dbscan_eps",
    "dbscan_min_samples",
    "flag_margin",
    "flag_split",
    "flag_period",
    "flag_external",
    "ranking",
)
