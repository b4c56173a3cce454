"""Training of what the demo ships: it needs the phantoms, so it lives on the demo's floor."""
