"""The search: archive, loop, proposers and operators, and the choice of a champion."""
