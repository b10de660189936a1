"""Messages from the browser are worked on whole, also right after another change of the page."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.browsing import REPOSITORY, free_port, wait_for_answer

SCRIPT = '''
import panel as pn
import param
from bokeh.models import Div

from app.chrome import Piece
from app.serving import lock_for_messages

lock_for_messages()


class Counter(Piece):
    count = param.Integer(0)
    _esm = """
    export function render({ model, el }) {
      const button = document.createElement("button")
      button.textContent = "count"
      button.onclick = () => { model.count += 1; model.send_msg({ act: "tell" }) }
      el.append(button)
    }
    """


counter, said = Counter(), Div(text="nothing yet")


def tell(message):
    said.text = f"told {counter.count}"


counter.on_act = tell
pn.Column(counter, pn.pane.Bokeh(said)).servable()
'''


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    script, log, port = tmp_path / "counter.py", tmp_path / "log", free_port()
    script.write_text(SCRIPT)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "panel", "serve", str(script), "--port", str(port)],
            cwd=REPOSITORY, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/counter", process, log)
        yield f"http://127.0.0.1:{port}/counter"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.browser
def test_a_message_right_after_a_change_may_touch_a_plot(page: Page, address: str) -> None:
    page.goto(address)
    for n in range(1, 6):
        page.get_by_role("button", name="count").click()
        expect(page.get_by_text(f"told {n}")).to_be_visible(timeout=10_000)
