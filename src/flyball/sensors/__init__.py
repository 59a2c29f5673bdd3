"""What is the case outside: each sensor states a fact, as a `Report`, and never acts on it."""
