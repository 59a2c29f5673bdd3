"""Where prices come from: files of anybody's bars, sample days, streams. A feed reports; it never judges."""
