"""A model version on a folder of studies with reference masks: read, run, compare, report.

The studies stay in their folder. They are read by the archive's parser, judged by the same scope
rules and sent to the same runner as a job; no row of a patient, a study or a finding is made.
"""
