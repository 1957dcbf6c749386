"""Fuzzing, guided by coverage, of all that reads: `./dev fuzz`. No test is in here; tests/test_fuzz.py is about it."""
