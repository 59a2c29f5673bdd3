"""The journal: the ordered, durable, hash-chained record of every input and decision; the only truth."""
