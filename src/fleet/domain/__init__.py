"""The nouns: frozen, checked once when they are made, free of behaviour that needs a clock or a disk."""
