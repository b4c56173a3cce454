"""MONAI bundles shipped with Consilium. Their files are data here: only the model runner runs them."""
