"""What runs, keeps and judges experiments; nothing in here knows any of them.

``definition`` (what an experiment is) · ``claims`` (when a statement about its runs holds) · ``keys`` (which code its runs
depend on) · ``running`` (worker processes, one writer) · ``checking`` (is a record complete and fresh, do its claims hold).
The file format stands in :mod:`attention_course.records`.
"""
