"""Live assistants as a project: values in, texts of files out; our own reader judges what it is given."""
