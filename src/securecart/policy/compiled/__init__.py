"""A principal's policies, specialised for what it asks again and again.

`CompiledSession` answers what `decide` and `decide_key` answer, always, some
twenty times sooner. It evaluates the policies partially: who asks is known
for a session's whole life, and most of a request comes again and again. What
is left of the statements is worked out once for each action on each *head*
of a resource (to the first slash: of an S3 object, its bucket), at the first
request for it:

- A statement stays only if it can match such a request at all. Its action
  and principal are matched for good, and so is whatever the head says of its
  resource; `bucket/${aws:userid}/*` becomes one `startswith`.
- A condition on a key that the principal or the resource's account settles
  is answered for good. The others are sorted by their keys: which statements
  a key's value leaves in question is worked out once for each value, so that
  a hundred conditions on one key cost what one costs.
- A request then only finds which of these statements match. Who prevails
  among them is asked of `decide`'s own rules, once for each set that
  matched, and its Answer is kept.

A specialisation holds for one principal, one owner of the resource and one
resource policy, the very object. Nothing else is kept, and not much of that:
callers choose the names of what they ask for. A session belongs to the
policies that it was made of; whoever keeps it drops it when these change
(`iam.Authorizer`). Sessions are shared by threads.

Uses the room's own parts only: `texts` (patterns), `resources`, `conditions`
and `statement` specialise one element each, `outcomes` keeps what
values say, `specialisation` puts all together, `session` keeps them.
"""

from securecart.policy.compiled.session import CompiledSession

__all__ = ["CompiledSession"]
