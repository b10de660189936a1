"""Every command in the README is run here, in the order of the page, in a copy of the repository.

Downloads are not repeated: the copy's own .venv sees the packages of the environment that runs the
tests. `make test` is this very run, so of it only the recipe is checked. The chain runs on a tiny
survey of one's own, and the page is fetched from a real server.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
TITLE = "AstroM³ Explorer"
START_SECONDS = 240


def readme_blocks() -> list[list[str]]:
    """The commands of every ```bash block, comments left out, continued lines joined."""
    text = README.read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    joined = [block.replace("\\\n", " ").splitlines() for block in blocks]
    lines = [[re.split(r"\s+#\s", line)[0].strip() for line in block] for block in joined]
    return [[line for line in block if line and not line.startswith("#")] for block in lines]


COMMANDS = [command for block in readme_blocks() for command in block]
SERVERS = [c for c in COMMANDS if c.startswith("make serve") or "panel serve" in c]
RECIPE_ONLY = [c for c in COMMANDS if re.match(r"make (test|bench|gpu|science)\b", c)]
CHAIN = [c for c in COMMANDS if re.match(r"python -m (data_pipeline|model) ", c)]
INSTALL = [c for c in COMMANDS if "-m venv" in c or "pip install" in c]
FETCH = [c for c in COMMANDS if c.startswith(("git clone", "cd "))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files git knows, as a newcomer's clone would hold them."""
    copy = tmp_path_factory.mktemp("clone") / "explorer"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Installs see the packages that are here already; the demo sky is a small one."""
    bin_directory = str(Path(sys.executable).parent)
    return os.environ | {
        "PATH": bin_directory + os.pathsep + os.environ["PATH"],
        "PYTHONPATH": sysconfig.get_paths()["purelib"],
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this variable the other way round
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "ASTROM3_DEMO_DIR": str(tmp_path_factory.mktemp("demo")),
        "ASTROM3_DEMO_STARS": "300",
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
    }


def run(command: str, cwd: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        shlex.split(command), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@contextmanager
def serving(command: str, cwd: Path, environment: dict[str, str]) -> Iterator[str]:
    """Start a server command on a free port; yield the page's HTML; stop the server."""
    port = free_port()
    if command.startswith("make"):
        command += f" PORT={port}"
    else:  # everything after --args goes to the page
        command = command.replace("panel serve app", f"panel serve app --port {port}")
    process = subprocess.Popen(
        shlex.split(command),
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        yield wait_for_page(f"http://localhost:{port}/app", process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=20)


def wait_for_page(address: str, process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            output, _ = process.communicate()
            pytest.fail(f"the server ended by itself:\n{output[-4000:]}")
        try:
            with urllib.request.urlopen(address, timeout=60) as reply:
                return reply.read().decode()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    pytest.fail(f"no page at {address} within {START_SECONDS} s")


def write_own_files(directory: Path) -> None:
    """A survey of one's own as data_pipeline/presets/files.toml describes it: CSV files."""
    preset = (directory / "data_pipeline" / "presets" / "files.toml").read_text(encoding="utf-8")
    (directory / "my_survey.toml").write_text(preset, encoding="utf-8")
    for folder in ("light_curves", "spectra"):
        (directory / folder).mkdir()
    random = np.random.default_rng(7)
    wavelength = np.arange(3900.0, 8800.0, 4.0)
    rows = []
    for number in range(60):
        is_pulsator = number % 2 == 0
        name, period = f"star{number}", random.uniform(0.4, 0.6) if is_pulsator else 40.0
        time = np.sort(random.uniform(2450000, 2450900, 80))
        wave = np.sin(2 * np.pi * time / period) + 0.3 * np.sin(4 * np.pi * time / period)
        mag = 12 + 0.4 * wave + random.normal(0, 0.02, 80)
        curve = pd.DataFrame({"hjd": time, "mag": mag, "mag_err": 0.02})
        curve.to_csv(directory / "light_curves" / f"{name}.csv", index=False)
        if number % 3:
            flux = 1 + (wavelength - 6000) / 4000 * (-1 if is_pulsator else 1)
            flux = flux + random.normal(0, 0.02, len(wavelength))
            spectrum = pd.DataFrame({"wavelength": wavelength, "flux": flux, "flux_err": 0.02})
            spectrum.to_csv(directory / "spectra" / f"{name}.csv", index=False)
        rows.append((name, 10 + number, -5.0, "RRAB" if is_pulsator else "SR", period, 0.4, "F"))
    columns = ["id", "ra", "dec", "type", "period", "bp_rp", "sp_type"]
    pd.DataFrame(rows, columns=columns).to_csv(directory / "stars.csv", index=False)


def test_every_command_is_covered() -> None:
    covered = SERVERS + RECIPE_ONLY + CHAIN + INSTALL + FETCH
    assert sorted(covered) == sorted(COMMANDS)
    assert CHAIN
    assert INSTALL
    assert any(command.startswith("make serve") for command in SERVERS)


@pytest.mark.parametrize("command", RECIPE_ONLY)
def test_recipes_exist(command: str, clone: Path, environment: dict[str, str]) -> None:
    recipe = run(f"make -n {command.removeprefix('make ')}", clone, environment)
    if command == "make test":
        for step in ("install_browser.py", "ruff check", "mypy", "pytest"):
            assert step in recipe


def test_make_serve_shows_the_demo(clone: Path, environment: dict[str, str]) -> None:
    with serving("make serve", clone, environment) as html:
        assert TITLE in html


def test_plain_install(clone: Path, environment: dict[str, str]) -> None:
    for command in INSTALL:
        run(command, clone, environment)


def test_chain_on_a_tiny_catalog(clone: Path, environment: dict[str, str]) -> None:
    write_own_files(clone)
    for command in CHAIN:
        run(command, clone, environment)
    server = next(command for command in SERVERS if "--args" in command)
    with serving(server, clone, environment) as html:
        assert TITLE in html
