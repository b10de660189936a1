"""Encoders: one torch module per modality, from prepared arrays to one vector per star."""
