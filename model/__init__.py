"""Which stars are alike and which do not fit: training, embeddings, atlases and their analysis.

Importing this package, `model.embeddings`, `model.atlas` or `model.analysis` never loads torch.
"""
