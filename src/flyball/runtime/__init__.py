"""The loop: events in, one block in the journal, effects out, and the same again after any crash."""
