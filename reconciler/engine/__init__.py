"""The verbs: compare, plan, guard, apply."""
