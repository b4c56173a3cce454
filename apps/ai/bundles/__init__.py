"""MONAI bundles shipped with Consilium: data here; only the model runner executes them."""
