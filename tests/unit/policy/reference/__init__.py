"""The policy language once more, as plainly as it can be said.

Nothing here is shared with the engine: the evaluator walks the JSON documents
as AWS's User Guide describes them, for every request from the beginning, and
cares for nothing but being read and found right. Its one kind of cleverness
is a third truth value, `None`, for what cannot be decided.
"""
