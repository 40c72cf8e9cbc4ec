"""Credentials: which a run needs, where they come from, and how a request carries them."""
