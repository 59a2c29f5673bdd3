"""Whatever the file says, the answer is a configuration or a list of faults with lines, nothing else."""

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.config import ConfigError, load
from flyball.config.keys import BY_NAME, MEANINGS
from flyball.config.settings import SECTIONS, TABLES, settings_of

KEYS = [*BY_NAME, *(name for section in SECTIONS for name in settings_of(section)), "settings", "on_excess"]
EXAMPLES = [m.example.strip('"') for m in MEANINGS.values()]
scalars = (
    st.sampled_from(EXAMPLES)
    | st.integers(-(10**6), 10**20)
    | st.floats()
    | st.booleans()
    | st.text(max_size=8)
    | st.dates()
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(KEYS), scalars, max_size=3)
tables = st.dictionaries(
    st.sampled_from([*KEYS, "symbol", "strategy", "paper", "X", "b c"]),
    values | st.dictionaries(st.sampled_from(["X", "a", "A,B", *KEYS]), values, max_size=3),
    max_size=5,
)
files = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(["demo", "crypto", "micr"]) | values,
        **dict.fromkeys(TABLES, tables | values),
        "limit": values,
    },
)


@settings(max_examples=400)
@given(files)
def test_no_file_breaks_the_reader(tree: dict[str, object]):
    text = tomlkit.dumps(tree)
    try:
        effective = load(text)
    except ConfigError as error:
        outside = [p for p in error.problems if not 1 <= p.line <= text.count("\n") + 1]
        said = [bool(p.key and p.what) for p in error.problems]
    else:
        outside, said = [], [effective.limits() is not None]
    assert not outside
    assert said
    assert all(said)
