"""From a source to its rows, and which of them may be believed."""
