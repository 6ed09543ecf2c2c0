"""Small tables by other writers, with the rows that every read of them must give."""
