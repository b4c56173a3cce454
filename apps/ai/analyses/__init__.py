"""Built-in analyses: pure functions from a volume and its headers to an outcome."""

#: The analyses that come with a release, by slug.
BUILTINS = {
    "pet-uptake": "apps.ai.analyses.pet_lesions",
    "chest-ct-nodules": "apps.ai.analyses.chest_ct_nodules",
}
