"""What runs inside the sandbox: standard library only, nothing secret, and no import of ponder.

The folder is put on the path of a bare interpreter by itself, so its modules import each other by their
plain names there. Outside, the supervisor imports `messages` from here, and the two agree by construction.
"""
