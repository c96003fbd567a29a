"""« Problème de connexion » (the published procedure of seed 003): a link mailed again, another backup mail.

Etapes 1 to 3-1 are :mod:`identifier`, 4 is :mod:`proof`, 4-1 and 5 are :mod:`address`. Only journeys with the entrance
« identifier » have them. See ADR 16.
"""

from __future__ import annotations

from required_actions.problem import address, identifier, proof
from required_actions.problem.area import blueprint, notices

__all__ = ["address", "blueprint", "identifier", "notices", "proof"]
