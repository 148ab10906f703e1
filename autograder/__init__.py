"""The course's grader.  One way through it, in the order of the modules:

release      solutions/*.md  ->  exercises/*.ipynb
submission   a file from a student  ->  a notebook that can be graded, or the reason why not
engine       the notebook  ->  what each cell did, and how each function behaves on probes (in two rooms/)
marks        what each cell did  ->  points and messages
diagnose     how a function behaves  ->  hints from misconceptions/
gradebook    marks  ->  nbgrader's gradebook
feedback     marks, messages and hints  ->  a page for the student

``grade`` does this for one submission, ``classroom`` for a class, in the processes of a ``pool``; ``journal`` remembers what
was done.  ``report`` tells of the class, ``lms`` takes submissions from a learning platform and gives marks back.
``nbcourse`` takes any other nbgrader course the same way, with nbgrader's own steps before and after the engine.
"""
