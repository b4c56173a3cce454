"""The clinical content of a case: what may be recorded, in which form, and who sees what of it."""
