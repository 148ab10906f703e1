"""What the lessons share: mechanisms that a later lesson needs, data makers, plots and the training loop.

The NumPy modules import neither torch nor matplotlib, so that they also run where neither is to be had.
"""
