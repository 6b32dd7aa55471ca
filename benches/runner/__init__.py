"""The runner of the benchmark suites: orchestrates programs, renders files, measures nothing."""
