"""The real-data report: ``python -m model.science DATA --out WORK``, or ``make science``.

Builds the surveys of real stars, trains and scores the neural classifier in five folds by the
project's own commands, sets nuisance features and boosted trees beside it on the same folds, and
writes WORK/science.md. Every figure in that page comes from here.
"""
