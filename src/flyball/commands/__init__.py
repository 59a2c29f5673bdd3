"""The commands, one file a family: read the options, call a room, print for people or as JSON."""
