"""The course's grader.  A submission's way through it:

authoring/   release: solutions/*.md  ->  exercises/*.ipynb
answers/     submission: a student's file  ->  a notebook that can be graded, or the reason why not
rooms/       engine: the notebook  ->  what each cell did, and how each function behaves on probes;  stock: another course's
answers/     marks: what each cell did  ->  points and messages;  diagnose: behaviour  ->  hints from misconceptions/
classroom/   gradebook, feedback, report: marks  ->  nbgrader's gradebook and pages

``cli`` is the command line, ``show`` what it prints, ``paths`` where things lie, ``errors`` what is told in one sentence,
``faults`` keeps the tracebacks of what nobody foresaw, ``plain`` makes fit to be shown what others have written,
``leftovers`` knows what programs leave beside people's work, ``words`` which words a count asks for.
Imports go from the bottom of this list upwards: answers know of no room, rooms of no class.
"""
