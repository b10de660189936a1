"""docs/own_survey.md names every key of the configuration, and its example is one."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from data_pipeline import config_tables
from data_pipeline.config import BuildConfig, FeatureConfig
from data_pipeline.toml_tables import from_table

DOC = (Path(__file__).resolve().parents[2] / "docs" / "own_survey.md").read_text(encoding="utf-8")
PARTS = [
    FeatureConfig,
    *(
        part
        for part in vars(config_tables).values()
        if dataclasses.is_dataclass(part) and part.__module__ == config_tables.__name__
    ),
]


@pytest.mark.parametrize("part", PARTS)
def test_every_key_is_documented(part: type) -> None:
    words = set(re.findall(r"\w+", DOC))
    missing = [field.name for field in dataclasses.fields(part) if field.name not in words]
    assert not missing


def test_its_example_is_a_configuration() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOC, flags=re.DOTALL)
    config = from_table(BuildConfig, tomllib.loads(example), "docs/own_survey.md")
    assert config.light_curves.patterns == ("curves.zip/lc/{original_id}.csv",)
