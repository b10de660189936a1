"""The published AstroM3 architecture (Rizhko & Bloom 2024, arXiv:2411.08842), quirks included.

Needed so that published weights give the published embeddings. For new surveys use the preset
`compact`, which does not repeat these quirks.
"""
