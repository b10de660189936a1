"""SAMP, both ways: tables, rows and positions to and from TOPCAT, Aladin and others.

The hub is found through a file in the user's home (or SAMP_HUB). One session of a process owns the
connection at a time. Messages arrive in threads of the client; `on_rows` and `on_position` are
called there.
Standard: IVOA SAMP 1.3; the message types are those TOPCAT and Aladin share.
"""

import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyvo import samp

from data_pipeline.errors import InputError

Rows = Callable[[str, list[int]], None]
Position = Callable[[float, float], None]

_owner_lock = threading.Lock()
_owner: list["SampLink"] = []


class SampLink:
    """One session's connection to the hub.

    Parameters
    ----------
    on_rows : callable
        Takes (table id, rows of that table, from 0) when another program marks or selects rows.
    on_position : callable
        Takes (right ascension, declination) [deg, ICRS] when another program points at the sky.
    """

    def __init__(self, on_rows: Rows, on_position: Position) -> None:
        self._on_rows, self._on_position = on_rows, on_position
        self._client: Any = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a hub at the other end."""
        return self._client is not None and bool(self._client.is_connected)

    def connect(self) -> list[str]:
        """Connect to the hub; returns the names of the other programs there."""
        with _owner_lock:
            if _owner and _owner[0] is not self and _owner[0].is_connected:
                raise InputError(
                    "Another session of this page holds the SAMP connection; disconnect it there."
                )
            samp.conf.use_internet = False  # the hub is on this machine; nobody else is asked
            client = samp.SAMPIntegratedClient(
                name="AstroM3 Explorer", addr="127.0.0.1",
                description="Maps of variable stars and a page to vet them",
            )  # fmt: skip
            try:
                client.connect()
            except (samp.SAMPHubError, samp.SAMPProxyError, OSError) as error:
                raise InputError(
                    f"No SAMP hub answers ({error}). Start TOPCAT or Aladin, then connect."
                ) from None
            self._client = client
            _owner[:] = [self]
        for mtype, receive in {
            "table.highlight.row": self._row,
            "table.select.rowList": self._row_list,
            "coord.pointAt.sky": self._point,
        }.items():
            client.bind_receive_message(mtype, receive)
        return self.others()

    def others(self) -> list[str]:
        """Names of the programs that take tables, rows or positions."""
        found = {
            client_id
            for mtype in ("table.load.votable", "table.highlight.row", "coord.pointAt.sky")
            for client_id in self._subscribed(mtype)
        }
        told = [self._client.get_metadata(client_id) for client_id in sorted(found)]
        return [str(metadata.get("samp.name", "a program")) for metadata in told]

    def disconnect(self) -> None:
        """Leave the hub; does nothing where there is none."""
        client, self._client = self._client, None
        with _owner_lock:
            if _owner and _owner[0] is self:
                _owner.clear()
        if client is not None:
            with suppress(samp.SAMPHubError, samp.SAMPProxyError, OSError):  # the hub went first
                client.disconnect()

    def close(self) -> None:
        """Disconnect and remove the tables that were sent."""
        self.disconnect()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def send_table(self, votable: bytes, table_id: str, name: str) -> int:
        """Send a VOTable to every program that takes tables; returns how many there are."""
        path = self._path(table_id)
        path.write_bytes(votable)
        receivers = self._subscribed("table.load.votable")
        self._tell(
            "table.load.votable",
            {"url": path.as_uri(), "table-id": table_id, "name": name},
            receivers,
        )
        return len(receivers)

    def send_row(self, table_id: str, row: int) -> None:
        """Mark a row (from 0) of a table sent before."""
        url = self._path(table_id).as_uri()
        self._tell("table.highlight.row", {"table-id": table_id, "url": url, "row": str(row)})

    def _path(self, table_id: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="astrom3-samp-")
        return Path(self._folder.name) / f"{table_id}.vot"

    def send_position(self, ra_deg: float, dec_deg: float) -> None:
        """Point at a place on the sky (ICRS)."""
        self._tell("coord.pointAt.sky", {"ra": f"{ra_deg:.8f}", "dec": f"{dec_deg:.8f}"})

    def _subscribed(self, mtype: str) -> list[str]:
        if not self.is_connected:
            raise InputError("SAMP is not connected.")
        return list(self._client.get_subscribed_clients(mtype))

    def _tell(
        self, mtype: str, params: dict[str, str], receivers: Sequence[str] | None = None
    ) -> None:
        try:
            for client_id in self._subscribed(mtype) if receivers is None else receivers:
                self._client.enotify(client_id, mtype, **params)
        except (samp.SAMPProxyError, samp.SAMPHubError, OSError) as error:
            self.disconnect()
            raise InputError(f"The SAMP hub is gone ({error}). Connect again.") from None

    # what pyvo hands to a receiver: (private key, sender, message id, mtype, parameters, extra)

    def _row(self, *message: Any) -> None:
        params = self._answered(message)
        self._on_rows(str(params.get("table-id", "")), _numbers([params.get("row")]))

    def _row_list(self, *message: Any) -> None:
        params = self._answered(message)
        rows = params.get("row-list")
        self._on_rows(
            str(params.get("table-id", "")), _numbers(rows if isinstance(rows, list) else [])
        )

    def _point(self, *message: Any) -> None:
        params = self._answered(message)
        try:
            ra, dec = float(params["ra"]), float(params["dec"])
        except (KeyError, TypeError, ValueError):
            return  # somebody else's mistake; there is no person here to tell
        if abs(dec) <= 90 and abs(ra) <= 360:
            self._on_position(ra, dec)

    def _answered(self, message: tuple[Any, ...]) -> dict[str, Any]:
        """The parameters of a message, thanked for where it was a call."""
        _, _, message_id, _, params, _ = message
        if message_id is not None and self._client is not None:
            self._client.ereply(message_id, samp.SAMP_STATUS_OK, result={})
        return params if isinstance(params, dict) else {}


def _numbers(texts: Sequence[Any]) -> list[int]:
    """Row numbers out of SAMP's strings; what is none is left out."""
    return [int(text) for text in texts if isinstance(text, str) and text.isdecimal()]
