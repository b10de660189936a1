"""A process that writes verdicts as fast as it can and says which are acknowledged, to be killed.

python verdict_writer.py DATABASE
"""

import sys

from app.verdicts.entry import Entry, new_client_id
from app.verdicts.log import VerdictLog

log = VerdictLog(sys.argv[1])
while True:
    entry = log.append(Entry(new_client_id(), "verdict", "writer", 2**62 + 1, kind="right"))
    sys.stdout.write(entry.client_id + "\n")
    sys.stdout.flush()
