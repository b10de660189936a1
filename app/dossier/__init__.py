"""The dossier: one printable page a candidate, in one file that needs nothing else.

figures.py draws a star's measurements (matplotlib), pages.py writes the HTML, __main__.py is the
process that makes it, making.py runs that process from the page.
"""
