"""Every rule beside its name: tests/ mirrors src/flyball/."""
