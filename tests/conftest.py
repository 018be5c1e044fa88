"""What holds for all tests in Python."""

import signal

# Started with `nohup`, the tests would hand on that a hang-up is ignored, and what they start could not be ended by one.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
