"""The page: what should I look at, and what do I conclude (never imports torch)."""
