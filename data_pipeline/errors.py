"""The one exception a user is meant to read.

Anything wrong with what was handed to us (a file, an option, a table) raises `InputError` with
three things in its message: what was wrong, what was found, what to do. The command lines turn it
into that message on stderr and exit status 2; a traceback therefore always means a defect of ours.
"""


class InputError(ValueError):
    """Input that cannot be used as it is; the message says what to change."""
