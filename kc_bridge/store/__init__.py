"""The bridge's database: persons, affiliations, links, journeys, outbox, audit."""
