"""How well a model's answers agree with reference masks: formulas, totals and the report.

Pure: no Django, no files, no clock. Reading a folder and running the model is
``apps.ai.validation_runs``.
"""
