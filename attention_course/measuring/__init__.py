"""What lessons and experiments share to train networks and to measure them: the loop, whole translators, time, memory."""
