"""Flyball, a governor for trading bots: what changes an account leaves only after a journaled decision."""

__version__ = "0.1.0"
