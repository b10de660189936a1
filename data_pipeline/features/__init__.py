"""Numbers that describe a light curve: spread, shape of the fold, harmonics, eclipses, colors.

`photometric_features` describes one star, `compute_features` many in parallel, `FEATURE_COLUMNS`
says what each number is. Nothing here counts epochs or looks at the errors' size on purpose: how
often and how deep a field was observed must not tell a model what a star is.
"""

from data_pipeline.features.columns import FEATURE_COLUMNS
from data_pipeline.features.compute import compute_features, photometric_features

__all__ = ["FEATURE_COLUMNS", "compute_features", "photometric_features"]
