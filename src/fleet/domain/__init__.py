"""The nouns of the domain: immutable records that are checked once, when they are made. No clock, no disk."""
