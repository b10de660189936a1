"""Analysis of an embedding space: neighbours, maps, outliers, clusters, votes, probes, flags.

NumPy in, NumPy out, scikit-learn manners, never torch, so that reports, tests and the page
compute the same numbers with the same code. Rows are always rows of the same table; an object
that lacks a modality is masked, never imputed.
"""
