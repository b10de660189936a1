"""Make sure the browser tests have a Chromium.

Taken in this order: ASTROM3_CHROMIUM, one on the PATH, one that playwright has downloaded,
Debian's package when root, playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Path of a Chromium that playwright can drive, or None."""
    named = os.environ.get("ASTROM3_CHROMIUM")
    if named:
        return named
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Install a Chromium by the first way that works on this machine."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's chromium for the browser tests", file=sys.stderr)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=environment, check=False)
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
        if subprocess.run(command, env=environment, check=False).returncode == 0:
            return
    print("Downloading playwright's Chromium for the browser tests", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Exit status 0 when a Chromium stands ready, 1 with what to do when none could be had."""
    if find_chromium() is None:
        install()
    chromium = find_chromium()
    if chromium is None:
        print(
            "No Chromium for the browser tests: none on the PATH, and neither apt-get nor "
            "playwright could install one.\nInstall Chromium or Chrome, or name one by "
            "ASTROM3_CHROMIUM=/path/to/chromium, and run make test again.",
            file=sys.stderr,
        )
        return 1
    print(f"Browser tests use {chromium}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
