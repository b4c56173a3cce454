"""Who may do what, as data: the table, the hospital in which it is tried, and what is sent."""
