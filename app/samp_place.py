"""Whether a page may speak SAMP: only where it is served on the user's own machine.

A SAMP hub is found through a file in the home of whoever runs the server, and trusts every program
there; a page served to others would put their clicks into that person's TOPCAT.
"""

import ipaddress
from collections.abc import Mapping

_FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")


def why_not_local(headers: Mapping[str, str], remote: str | None = None) -> str:
    """Why a page asked for like this has no SAMP; empty where server and browser are one machine.

    Parameters
    ----------
    headers : mapping of str to str
        Of the page's HTTP request.
    remote : str or None
        Address the request came from, where it is known.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    host = lower.get("host", "").rsplit(":", 1)[0] if lower.get("host") else ""
    is_direct = not any(name in lower for name in _FORWARDED)  # a proxy speaks for somebody else
    if is_direct and _is_loopback(host) and (remote is None or _is_loopback(remote)):
        return ""
    return (
        "SAMP works only where this page is served on your own machine (localhost): "
        "programs such as TOPCAT are reached through a hub there."
    )


def _is_loopback(host: str) -> bool:
    bare = host.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False
