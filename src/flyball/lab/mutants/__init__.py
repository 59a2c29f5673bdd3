"""Planted bugs: each one, put into a copy of the checkout, must turn the tests it names red."""
