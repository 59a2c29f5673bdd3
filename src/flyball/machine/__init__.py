"""The implementations of ports for the real machine, and nothing else: no judgement lives here."""
