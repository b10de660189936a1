"""What people conclude: an append-only log of verdicts, the queue they work through, statistics.

Reading order: entry.py (one entry of the log), log.py (the database), book.py (who thinks what
now), queue.py (which stars, in what order), estimates.py and agreement.py (what follows). No
widgets; NumPy, pandas and SQLAlchemy.
"""
