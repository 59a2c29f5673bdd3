"""The desk: what people see of a governor, told from the journal's records and nothing else (P13)."""
