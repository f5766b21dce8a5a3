"""One file per step; the file's number is its place."""
