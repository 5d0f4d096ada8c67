//! SQLite and files: every platform port on one machine.
