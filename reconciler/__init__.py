"""Assistants as code: plan and apply YAML-declared LLM assistants."""

__version__ = "0.1.0"
