"""The element `Condition`: one module for each family of operators."""
