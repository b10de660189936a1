"""The page in Firefox: it draws its maps and its card, and a click brings another star."""

import asyncio
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from firefox import Firefox

NAMES = ("firefox-esr", "firefox")
BOX = "JSON.stringify(document.querySelector('.scatter .plot').getBoundingClientRect())"


@pytest.fixture
def program() -> str:
    found = os.environ.get("ASTROM3_FIREFOX") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Firefox on the PATH; install one, or name it by ASTROM3_FIREFOX=/path")
    return found


def test_maps_are_drawn_and_a_click_brings_another_star(
    program: str, server: str, tmp_path: Path
) -> None:
    asyncio.run(_look_and_click(program, server, tmp_path))


async def _look_and_click(program: str, address: str, profile: Path) -> None:
    async with Firefox(program, profile) as page:
        await page.open(address)
        await _until(page, "window.Bokeh?.documents?.[0]?.is_idle === true")
        await _until(page, "document.querySelector('aside').getBoundingClientRect().width > 200")
        left, top, right, bottom = await _box(page)
        stars = await _stars(page, left, top, right, bottom)
        assert len(stars) > 200, "no stars in the diagram"
        for x, y in stars[:: len(stars) // 8]:
            await page.click(left + int(x), top + int(y))
            await asyncio.sleep(1)
            if "star=" in await page.evaluate("location.search"):
                break
        assert "star=" in await page.evaluate("location.search")
        assert page.errors == []


async def _box(page: Firefox) -> tuple[int, ...]:
    found = json.loads(await page.evaluate(BOX))
    return tuple(int(found[side]) for side in ("left", "top", "right", "bottom"))


async def _stars(page: Firefox, left: int, top: int, right: int, bottom: int) -> Any:
    """Places (n, 2) in the diagram that are coloured, once there are some."""
    end = time.monotonic() + 60
    while True:
        plot = (await page.pixels())[top:bottom, left:right].astype(int)
        y, x = np.nonzero(np.ptp(plot[20:-50, 60:-20], axis=-1) > 60)
        if len(x) > 200 or time.monotonic() > end:
            return np.column_stack([x + 60, y + 20])
        await asyncio.sleep(0.3)


async def _until(page: Firefox, expression: str) -> None:
    end = time.monotonic() + 60
    while not await page.evaluate(expression):
        assert time.monotonic() < end, f"not within a minute: {expression}"
        await asyncio.sleep(0.2)
