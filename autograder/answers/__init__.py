"""What there is to answer, what was answered, and what that says: no notebook runs here.

cells        what a cell is for: an answer, a check, given, the student's own
assignment   the instructor's notebook: exercises, checks, what is given
hidden       what of a check students see, and what is hidden from them
handed_in    a student's folder, read once
recognise    which of the instructor's cells a student's cell is, and what a cell binds
submission   a student's file  ->  a notebook that can be graded, or the reason why not
results      marks of a check, an exercise, a submission
marks        what each cell did  ->  points and messages
changes      a wrong answer as what is changed in the solution
bank         wrong answers that people really write (misconceptions/), right ones written another way
observe      how a function behaves on probes
diagnose     how it behaves  ->  hints
"""
