"""Typed models: dataclasses, and pydantic models where pydantic is installed."""

from __future__ import annotations


def converter(annotation, name):
    """A function from a plain value to the annotated type; None if the value is taken as it is."""
    return None
