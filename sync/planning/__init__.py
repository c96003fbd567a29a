"""From human beings to a plan, a page at a time."""
