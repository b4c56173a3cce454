"""What a board can count of itself (MDT-12, CoC, NHS). ``report.build_report`` is the door."""
