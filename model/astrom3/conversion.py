"""Between the published files' names and ours: one network, two ways to spell its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from data_pipeline.errors import InputError
from model.astrom3.encoder_config import GalSpecNetConfig, InformerConfig, MetaModelConfig
from model.astrom3.network import PAIRS, AstroM3Config
from model.clip import MultimodalCLIP
from model.config import ModelConfig, astrom3

MODALITIES = ("photometry", "spectra", "metadata")


def model_config(published: AstroM3Config, features: tuple[str, ...]) -> ModelConfig:
    """Return our config of a published model; `features` names its catalog columns in order."""
    if len(features) != published.m_input_dim:
        raise InputError(
            f"the published model reads {published.m_input_dim} catalog columns, "
            f"{len(features)} are named."
        )
    encoders = (
        InformerConfig(
            dropout=published.p_dropout, seq_len=published.seq_len, width=published.p_d_model,
            n_heads=published.p_n_heads, d_ff=published.p_d_ff, n_layers=published.p_e_layers,
            factor=published.p_factor,
        ),
        GalSpecNetConfig(dropout=published.s_dropout),
        MetaModelConfig(
            hidden_dim=published.m_hidden_dim, dropout=published.m_dropout, features=features
        ),
    )  # fmt: skip
    config = astrom3(encoders={c.modality: c for c in encoders})
    return replace(config, embed_dim=published.hidden_dim)


def published_config(config: ModelConfig) -> AstroM3Config:
    """Return the config.json that a model of the preset `astrom3` would be published with."""
    photometry, spectra, metadata = (config.encoders[name] for name in MODALITIES)
    assert isinstance(photometry, InformerConfig)
    assert isinstance(metadata, MetaModelConfig)
    return AstroM3Config(
        hidden_dim=config.embed_dim, seq_len=photometry.seq_len, p_d_model=photometry.width,
        p_dropout=photometry.dropout, p_factor=photometry.factor, p_n_heads=photometry.n_heads,
        p_d_ff=photometry.d_ff, p_e_layers=photometry.n_layers, s_dropout=spectra.dropout,
        m_input_dim=len(metadata.features), m_hidden_dim=metadata.hidden_dim,
        m_dropout=metadata.dropout,
    )  # fmt: skip


def our_weights(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a published state dict under our names, without scalers and view scales."""
    return {ours: published[theirs] for theirs, ours in _names(published).items()}


def published_weights(clip: MultimodalCLIP) -> dict[str, Tensor]:
    """Return a model's weights under the published names."""
    ours = clip.state_dict()
    renamed = {}
    for name in MODALITIES:
        networks = f"encoders.{name}.network."
        for key, value in ours.items():
            if key.startswith(networks):
                renamed[f"{name}_encoder.{key.removeprefix(networks)}"] = value
        for part in ("weight", "bias"):
            renamed[f"{name}_proj.{part}"] = ours[f"heads.{name}.{part}"]
    for pair, names in PAIRS.items():
        renamed[f"logit_scale_{pair}"] = ours[f"log_scales.{_pair(*names)}"]
    return renamed


def _names(published: Mapping[str, Tensor]) -> dict[str, str]:
    names = {}
    for key in published:
        part, _, rest = key.partition(".")
        modality, _, kind = part.rpartition("_")
        if kind == "encoder":
            names[key] = f"encoders.{modality}.network.{rest}"
        elif kind == "proj":
            names[key] = f"heads.{modality}.{rest}"
        elif kind in PAIRS:
            names[key] = f"log_scales.{_pair(*PAIRS[kind])}"
        else:
            raise InputError(f"{key!r} is no part of a pre-trained AstroM3.")
    return names


def _pair(a: str, b: str) -> str:
    first, second = sorted((a, b), key=MODALITIES.index)
    return f"{first}-{second}"
