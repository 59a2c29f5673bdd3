"""Effective-dated facts that change rarely and ship with the program; past its last row a table refuses."""
