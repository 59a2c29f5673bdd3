"""Lines of keys, against the standard reader's idea of which keys there are."""

import tomllib

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from flyball.config.lines import Path, locate

TEXT = '''\
# a comment with [brackets] and = signs
top = "x = [1]"   # said
"quoted.key" = 1
dot . "ted" . 'key' = { inner = 1, more = { deep = [1, 2] } }

[table]
many = [
  1,   # ] not the end
  "]", """
]]] still text
""",
]
after = \'\'\'it''s
text = no key
\'\'\'
day = 1979-05-27 07:32:00
days = [1979-05-27 07:32:00, 1979-05-28]

  [table.sub."a b"]
  \tkey = -1.5e3
[[list]]
one = 1
[[list]]
two = """a\\"""b"""""
"\\u0041" = true
'''

LINES = {
    ("top",): 2,
    ("quoted.key",): 3,
    ("dot",): 4,
    ("dot", "ted", "key", "more", "deep"): 4,
    ("table", "many"): 7,
    ("table", "after"): 13,
    ("table", "day"): 16,
    ("table", "days"): 17,
    ("table", "sub"): 19,
    ("table", "sub", "a b", "key"): 20,
    ("list",): 21,
    ("list", "one"): 22,
    ("list", "two"): 24,
    ("list", "A"): 25,
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_each_key_is_where_a_person_finds_it(newline):
    text = TEXT.replace("\n", newline)
    tomllib.loads(text)
    found = locate(text)
    assert {path: found.get(path) for path in LINES} == LINES
    assert ("table", "text") not in found


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing", "a = 1", "a = ''", 'a = ""', "a = []", "a = {}", "[a]"]
)
def test_the_smallest_texts(text):
    assert set(locate(text)) == leaves(tomllib.loads(text))


def leaves(tree: object, path: Path = ()) -> set[Path]:
    """Every path of keys in what the standard reader found."""
    if isinstance(tree, list):
        return set().union(*(leaves(item, path) for item in tree), set())
    if not isinstance(tree, dict):
        return set()
    return {(*path, key) for key in tree}.union(*(leaves(value, (*path, key)) for key, value in tree.items()))


scalars = (
    st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12) | st.datetimes() | st.dates()
) | st.floats(allow_nan=False)
keys = st.text(min_size=1, max_size=6) | st.sampled_from(["a", "b", "limits", "x-y", "1"])
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(keys, trees, max_size=5))
def test_it_finds_the_keys_the_standard_reader_finds(tree: dict[str, object]):
    text = tomlkit.dumps(tree)
    read = tomllib.loads(text)
    found = locate(text)
    assert set(found) == leaves(read)
    lines = text.split("\n")
    for path, line in found.items():
        assert 1 <= line <= len(lines)
        if path[-1].isalnum() and path[-1].isascii():
            assert path[-1] in lines[line - 1]
