"""`flyball top`: one screen of a running governor, as its socket tells it, anew every second."""
