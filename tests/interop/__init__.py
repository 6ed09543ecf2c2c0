"""What Icefield writes, judged by the specification and by other readers."""
