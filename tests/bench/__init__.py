"""What the program costs beside what others cost, as whole processes in turn: ``make bench``."""
