"""Other semantic layers, each in an environment of its own, on the same questions and data."""
