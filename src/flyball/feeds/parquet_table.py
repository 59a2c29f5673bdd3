"""Parquet as a table, through duckdb: exact decimals, times as microseconds, nothing fetched from anywhere.

duckdb reads the file itself and is an extra: `pip install 'flyball[parquet]'`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from flyball.feeds.table import BarsError, Kind, Rows, Table

if TYPE_CHECKING:
    import duckdb

SUFFIXES: Final = (".parquet", ".pq")
MAGIC: Final = b"PAR1"
_CHUNK: Final = 65_536
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 1,
}
_WHOLE: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def open_parquet(path: str) -> Table:
    """The table in the file `path`. Raises BarsError when duckdb is missing or cannot read it."""
    if any(sign in path for sign in "*?[") or "://" in path:
        raise BarsError(
            f"{path}: one file on this machine is needed, without * ? [ in its name; rename or copy it"
        )
    try:
        import duckdb
    except ImportError:
        raise BarsError(
            f"{path}: Parquet needs duckdb: pip install 'flyball[parquet]', or give CSV"
        ) from None
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        try:
            connection.execute("SELECT * FROM read_parquet($1) LIMIT 0", [path])
            columns = [(str(column[0]), str(column[1])) for column in connection.description or ()]
            total = int(_all(connection, "SELECT count(*) FROM read_parquet($1)", path)[0][0])
            stated = {
                key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
                for key, value in _all(connection, "SELECT key, value FROM parquet_kv_metadata($1)", path)
            }
        except duckdb.Error as error:
            raise BarsError(f"{path}: duckdb cannot read it as Parquet: {_first_line(error)}") from None

    def rows(wanted: Sequence[int]) -> Rows:
        cells = ", ".join(_cell(*columns[column]) for column in wanted)
        number = 0
        with duckdb.connect(":memory:", config=_CONFIG) as connection:
            try:
                connection.execute(f"SELECT {cells} FROM read_parquet($1)", [path])
                while chunk := connection.fetchmany(_CHUNK):
                    for row in chunk:
                        number += 1
                        yield number, row
            except duckdb.Error as error:
                raise BarsError(f"{path}: after row {number}: {_first_line(error)}") from None

    names = [name for name, _ in columns]
    return Table(path, names, [_kind(kind) for _, kind in columns], stated, total, "row", rows)


def _all(connection: "duckdb.DuckDBPyConnection", query: str, path: str) -> list[tuple[bytes, bytes]]:
    return connection.execute(query, [path]).fetchall()


def _kind(type_: str) -> Kind:
    if not type_.startswith("TIMESTAMP"):
        return "plain"
    return "instant_us" if "TZ" in type_ or "TIME ZONE" in type_ else "wall_us"


def _cell(name: str, type_: str) -> str:
    """The SQL of a column: times by epoch_us, whole numbers and doubles as they are, all else as text.

    A 32-bit float is written by duckdb too: as Python's 64 bits it would grow digits that nobody meant.
    """
    quoted = '"' + name.replace('"', '""') + '"'
    if type_.startswith("TIMESTAMP"):
        return f"epoch_us({quoted})"
    if type_ in _WHOLE or type_ == "DOUBLE":
        return quoted
    return f"CAST({quoted} AS VARCHAR)"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
