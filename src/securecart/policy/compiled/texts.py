"""Whether a text is one of several patterns, by the cheapest test there is."""

from collections.abc import Callable, Iterable

from securecart.policy.wildcard import Glob, Wild

Pieces = tuple[str | Wild, ...]
TextTest = Callable[[str], bool]


def any_of(patterns: Iterable[Pieces]) -> TextTest:
    """Compile patterns whose neighbouring literal texts are joined."""
    exact = set[str]()
    beginnings: tuple[str, ...] = ()
    tests = list[TextTest]()
    for pieces in patterns:
        match pieces:
            case ():
                exact.add("")
            case (str(text),):
                exact.add(text)
            case (str(text), Wild.ANY):
                beginnings += (text,)
            case _:
                tests.append(Glob(pieces).matches)
    if beginnings:
        tests.insert(0, _beginning(beginnings))
    if exact:
        tests.insert(0, frozenset(exact).__contains__)
    if len(tests) == 1:
        return tests[0]
    return lambda text: any(test(text) for test in tests)


def _beginning(beginnings: tuple[str, ...]) -> TextTest:
    if len(beginnings) == 1:
        (beginning,) = beginnings
        return lambda text: text.startswith(beginning)
    return lambda text: text.startswith(beginnings)
