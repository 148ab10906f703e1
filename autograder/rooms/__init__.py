"""Two rooms: one where a student's code runs, one where the tests run.  Only plain data passes between them.

engine       a rebuilt notebook  ->  what each cell did, and how each function behaves on probes
stock        the same for any nbgrader course's, the tests beside the student's code
attempt      one student room's life, with the notebook's cells in their order
checking     the test room: a check's text, run here
outputs      what a student's cell showed, as a notebook's outputs
opening      whether student rooms can be had here, and one of them
stand_in     the test room's stand-ins for the student's names
line         the grader's side of the warm process and of each room
warm         a process that has imported numpy and torch and has never seen a test; forks a child per submission
confine      what the child may still do: almost nothing (``readable``: what it may read, ``calls``: what it may ask of the kernel)
memory       what a check lets the student's code hold at once
student      the student room: runs cells, calls functions, keeps objects
shell        IPython's shell as a student room has it
wire         the data that passes
alone        a room without isolation, for one's own notebook where there is no Linux
"""
