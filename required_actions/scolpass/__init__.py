"""The SCOL'PASS: a printed sheet with an identifier and a provisional password, for people no mail reaches."""
