"""One module an assignment: wrong answers with their hints, right alternatives, probes.  See ``autograder.answers.bank``."""
