"""All that people and programs may say to a running governor: one JSON object a line, each way."""
