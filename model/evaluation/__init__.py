"""``python -m model evaluate``: the paper's tables for any survey, each beside what nuisance gives.

Read `report.py` first: it names every part. A cell of the grid is one file, so that an evaluation
that was interrupted goes on where it stopped. Only `cells.py` and `estimate.py` need torch.
"""
