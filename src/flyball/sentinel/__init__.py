"""What still works when the governor does not: the direct panic and the process that watches over it."""
