"""A process that imports this knows the toy dialect: for runs in a process of their own."""

from toy.provider import TOY

from reconciler.dialects import DIALECTS

DIALECTS[TOY.name] = lambda: TOY
