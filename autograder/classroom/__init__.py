"""A class: many submissions, one gradebook, a page for each student.

grade        one submission, from file to marks
once         an answer that calls another exercise's pays for its own mistakes alone
grading      a class, in the processes of a ``pool``; ``journal`` remembers what was done
nbcourse     any other nbgrader course, with nbgrader's own steps before and after the engine
handins      where hand-ins lie
gradebook    marks  ->  nbgrader's gradebook, and back with what a person decided
late         what a late hand-in loses
feedback     marks, messages and hints  ->  a page for the student
report       what the class misunderstood
lms          submissions from a learning platform, marks back to it: ``importing`` (``archive``: members, ``platforms``: whose they are,
             ``identity``: under which id, ``arranging``: a student's folder), ``exporting``
nbexport     the same marks from ``nbgrader export``
"""
