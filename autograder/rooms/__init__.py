"""Two rooms: one where a student's code runs, one where the tests run.  Only plain data passes between them.

warm         a process that has imported numpy and torch and has never seen a test; forks a child per submission
confine      what the child may still do: almost nothing
student      the student room: runs cells, calls functions, keeps objects
wire         the data that passes
alone        a room without isolation, for one's own notebook where there is no Linux
stand_in     the test room's stand-ins for the student's names
"""
