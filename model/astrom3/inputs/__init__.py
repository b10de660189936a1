"""From a survey to the inputs of the preset `astrom3`, by the published scaling. NumPy only.

A survey that holds the paper's raw records gives the paper's tensors. Elsewhere: magnitudes become
fluxes relative to their median; of several bands each star is seen in that with the most points; a
missing error counts as zero; a missing column or value takes the train part's mean. What the
published scaling is not defined for (a constant light curve, an empty spectrum) is absent, with the
reason.
"""
