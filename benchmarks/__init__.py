"""Speed of compiled SQL and of compiling it, beside hand-written SQL and beside peers."""
