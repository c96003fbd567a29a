"""The HTTP shell: sessions, headers, languages, error pages; it knows nothing of activation."""
