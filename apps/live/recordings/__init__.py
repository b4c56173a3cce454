"""The recording of a room: its log, with states to fold onto, pointers and who was there."""
