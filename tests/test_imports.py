"""The direction of imports: data_pipeline <- model <- app, and torch only where training is."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "data_pipeline": {"model", "app", "torch", "panel", "bokeh", "holoviews"},
    "model": {"app", "panel", "bokeh", "holoviews"},
    "app": {"torch", "safetensors"},
}


def imported_packages(path: Path) -> set[str]:
    """Top-level names of every absolute import in a file, wherever it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    offenders = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in imported_packages(path) & FORBIDDEN[package]
    }
    assert not offenders


@pytest.mark.parametrize(
    "module",
    ["data_pipeline.survey", "model.embeddings", "model.atlas", "model.analysis", "app.dashboard"],
)
def test_importing_leaves_torch_unloaded(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
