"""The published hyper-parameters of each classifier (configs of github.com/MeriDK/AstroM3).

They were tuned per cell, on seed 42. `evaluate --published-settings` trains each cell by its own.
"""

from __future__ import annotations

import math
from dataclasses import replace

from data_pipeline.errors import InputError
from model.config import NO_CLIPPING, FinetuneConfig, ModelConfig

_DROPOUTS = ("photometry", "spectra", "metadata")
# mode, labels, start; rate, beta1, decay; dropout of photometry, spectra, metadata; plateau factor
_TABLE = """
photometry full scratch       0.00292528 0.989614 4.70659e-05  0.230889       nan       nan 0.505521
photometry sub50 scratch      0.00408571   0.9651  1.8902e-05 0.0986693       nan       nan   0.3864
photometry sub25 scratch     0.000865793 0.959504 0.000701826  0.131137       nan       nan 0.945231
photometry sub10 scratch     0.000129271 0.914937  0.00240568 0.0922559       nan       nan 0.931994
photometry full pretrained   0.000933772 0.834768 0.000465815  0.149043       nan       nan  0.38534
photometry sub50 pretrained  0.000292815 0.973875 5.80199e-05   0.30214       nan       nan 0.774056
photometry sub25 pretrained   0.00057499 0.812245   0.0770585   0.29166       nan       nan 0.424387
photometry sub10 pretrained  0.000320969 0.738497  0.00231459  0.195929       nan       nan  0.90703
spectra full scratch          0.00397018 0.762343 0.000157978       nan  0.316109       nan 0.601923
spectra sub50 scratch         0.00910812 0.901758 0.000401057       nan  0.215055       nan 0.818823
spectra sub25 scratch         0.00463338 0.700829 0.000113874       nan  0.360276       nan 0.848986
spectra sub10 scratch         0.00573356 0.970605   0.0083115       nan  0.219252       nan 0.914364
spectra full pretrained       0.00255127 0.872115 8.08796e-05       nan  0.399391       nan 0.621515
spectra sub50 pretrained       0.0025113 0.709349 6.82317e-05       nan  0.397157       nan 0.603466
spectra sub25 pretrained      0.00969063 0.707518 2.67022e-05       nan  0.283002       nan 0.103748
spectra sub10 pretrained      0.00901894 0.900072  1.0317e-05       nan  0.376955       nan 0.102535
metadata full scratch         0.00274498 0.921979  0.00026179       nan       nan  0.191689 0.372052
metadata sub50 scratch         0.0089421 0.950342 4.30776e-05       nan       nan  0.231253 0.397046
metadata sub25 scratch        0.00821859 0.903651 0.000223757       nan       nan  0.135218 0.308017
metadata sub10 scratch         0.0095861 0.960355  0.00166928       nan       nan  0.147938 0.480406
metadata full pretrained      0.00380709 0.759599 8.91503e-05       nan       nan  0.326355 0.331889
metadata sub50 pretrained     0.00982973 0.794708 0.000105484       nan       nan   0.28553 0.292905
metadata sub25 pretrained     0.00452004 0.952684 5.15369e-05       nan       nan  0.257575 0.650927
metadata sub10 pretrained     0.00104531  0.75128 1.05177e-05       nan       nan  0.175602 0.552759
all full scratch              0.00424595 0.914985 6.93271e-05  0.105443  0.350899  0.316466 0.100363
all sub50 scratch              0.0040477 0.910324 0.000191755  0.277984  0.399885  0.237143 0.241139
all sub25 scratch             0.00298423 0.950676 0.000269555  0.185103  0.236834  0.185789 0.547847
all sub10 scratch             0.00182571 0.903934 3.10114e-05 0.0581649  0.330664  0.263174 0.425047
all full pretrained           0.00950384 0.945582 5.93782e-05   0.23298  0.176814  0.117685 0.196497
all sub50 pretrained          0.00387897 0.862852 8.29798e-05 0.0811637 0.0345453  0.272181 0.257102
all sub25 pretrained          0.00174717 0.729344 0.000121435  0.143506  0.141634  0.307956 0.348196
all sub10 pretrained          0.00998606 0.968494  0.00025754  0.308412  0.189105  0.105788 0.119422
"""


def _parsed() -> dict[tuple[str, str, str], tuple[float, ...]]:
    lines = [line.split() for line in _TABLE.strip().splitlines()]
    return {(w[0], w[1], w[2]): tuple(map(float, w[3:])) for w in lines}


RECIPES = _parsed()
"""(mode, label subset, start) to the values of a line."""


def with_recipe(
    model: ModelConfig, settings: FinetuneConfig, mode: str, subset: str, start: str
) -> tuple[ModelConfig, FinetuneConfig]:
    """Return the configs with the published rate, decay, dropouts and plateau factor of a cell."""
    if model.preset != "astrom3":
        raise InputError(f"there are published settings of astrom3 only, not of {model.preset}.")
    learning_rate, beta1, weight_decay, *rates, plateau_factor = RECIPES[mode, subset, start]
    dropouts = dict(zip(_DROPOUTS, rates, strict=True))
    encoders = {
        name: config if math.isnan(dropouts[name]) else replace(config, dropout=dropouts[name])
        for name, config in model.encoders.items()
    }
    clip_norm = 5.0 if mode in ("photometry", "spectra") else NO_CLIPPING
    return replace(model, encoders=encoders), replace(
        settings,
        learning_rate=learning_rate,
        beta1=beta1,
        weight_decay=weight_decay,
        plateau_factor=plateau_factor,
        clip_norm=clip_norm,
    )
