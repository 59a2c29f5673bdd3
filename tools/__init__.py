"""What checks the house and is no part of it: run from the repository's root, never shipped."""
