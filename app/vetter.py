"""Who sits at the page: the name a verdict carries."""

import getpass

import panel as pn
from tornado.web import decode_signed_value

NOBODY = "somebody"


def signed_in() -> str:
    """Name that the server has checked (--basic-auth, OAuth); empty where it checks none."""
    cookie = pn.state.cookies.get("user") if pn.state.curdoc else None
    if cookie is None or pn.config.cookie_secret is None:
        return ""
    name = decode_signed_value(pn.config.cookie_secret, "user", cookie)
    return name.decode("utf-8", "replace") if name else ""


def system_user() -> str:
    """Name of the operating system's user, who started the server."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        return NOBODY


def must_sign_in() -> bool:
    """Whether the server lets nobody in without a name."""
    return bool(pn.config.basic_auth or pn.config.oauth_provider)
