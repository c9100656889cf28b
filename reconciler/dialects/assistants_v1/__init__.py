"""The Assistants API as it was spoken with ``OpenAI-Beta: assistants=v1``."""
