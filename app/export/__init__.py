"""Lists of stars as files other tools read, as words for a paper, and back from a file again.

lists.py says which stars and why, table.py makes a table that knows its units, provenance.py tells
where it comes from, formats.py writes it, paper.py puts it into words, reading.py reads it back.
"""
