"""Readers of enrolment records: one file a kind of source, all behind :class:`sync.sources.base.Source`."""
