"""A folder an assignment, a file an exercise: wrong answers with their hints, right alternatives, probes.  See ``autograder.answers.bank``."""
