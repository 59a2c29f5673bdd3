"""What is raised when a promise of SPEC section 2 does not hold: which one, and a sentence with ids and
numbers."""


class Broken(Exception):  # noqa: N818 - it says what is the case
    """A promise is broken. `promise` is its id ("P2"), `what` the evidence."""

    def __init__(self, promise: str, what: str) -> None:
        self.promise = promise
        self.what = what
        super().__init__(f"{promise}: {what}")
