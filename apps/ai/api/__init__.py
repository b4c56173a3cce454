"""REST of models, jobs and findings."""
