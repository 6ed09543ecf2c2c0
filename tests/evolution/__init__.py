"""Random walks over tables: after each commit Icefield must read the model's rows."""
