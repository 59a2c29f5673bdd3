"""What waits and what expires, as text a tired person can read."""

from typing import Any


def terms_text(terms: dict[str, Any]) -> str:
    """Pending and approved rows of `status`, `limits` and `config show`; "" when there are none."""
    lines: list[str] = []
    for one in terms.get("pending", []):
        lines += [
            f"PENDING  {one['key']}: {one['wanted']} is NOT in force, {one['in_force']} holds"
            f" (proposal {one['proposal']} by {one['by']}, {one['origin'] or 'row left out'})",
            f"         missing: {'; '.join(one['missing'])}",
        ]
    for one in terms.get("loosened", []):
        lines += [
            f"LOOSENED {one['key']}: {one['in_force']} until {one['expires'][:19]}Z,"
            f" then {one['falls_back_to']}",
            f"         proposal {one['proposal']}, approved by {one['approver']}: {one['reason']}",
        ]
    return "\n" + "\n".join(lines) if lines else ""


def difference_text(tighter: list[Any], looser: list[Any], refused: list[str]) -> str:
    """`flyball config diff` for people."""
    lines = [f"REFUSED  {text}" for text in refused]
    lines += [
        f"TIGHTER  {row['key']}: {row['in_force']} -> {row['wanted']}, at once ({row['origin']})"
        for row in tighter
    ]
    for row in looser:
        number = f", proposal {row['proposal']}" if row["proposal"] else ""
        where = row["origin"] or "row left out"
        lines += [
            f"LOOSER   {row['key']}: {row['in_force']} stays; {row['wanted']} waits ({where}{number})",
            f"         missing: {'; '.join(row['missing'])}",
        ]
    return "\n".join(lines)
