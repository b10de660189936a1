"""What a survey's rows become before they are tensors: one NumPy-only file per modality."""
