"""Pages as text that somebody who was just woken can read."""

from typing import Any


def pages_text(found: dict[str, Any], *, everything: bool) -> str:
    """`flyball alerts` for people."""
    lines: list[str] = []
    for page in found["pages"]:
        if page["over"] and not everything:
            continue
        state = "over" if page["over"] else f"by {page['acknowledged']}" if page["acknowledged"] else "OPEN"
        times = f" x{page['times']}" if page["times"] > 1 else ""
        lines.append(f"{page['severity'].upper():<8} {page['page']:<8} {state:<10} {page['text']}{times}")
        legs = [_leg(leg) for leg in page["channels"]] or ["no channel for this severity"]
        lines.append(f"         {page['at'][:19]}Z  {', '.join(legs)}")
        if not page["over"]:
            lines.append(f"         next: {page['next']}")
    if not lines:
        lines.append("no open pages")
    lines += [
        f"FAILING  {one['channel']}: {one['why']} ({one['attempts']} attempts)"
        for one in found["channels"]
        if one["failing"]
    ]
    took = found["event_to_delivery_ms"]
    if took["n"]:
        lines.append(f"event to delivery: p50 {took['p50']} ms, p99 {took['p99']} ms, of {took['n']}")
    if not found["running"]:
        lines.append("NO PAGER RUNS: nobody is paged; `flyball run` starts one, or `flyball alerts run`")
    return "\n".join(lines)


def _leg(leg: dict[str, Any]) -> str:
    if leg["delivered"]:
        return f"{leg['channel']} {leg['last'][11:19]}Z" + (
            f" x{leg['delivered']}" if leg["delivered"] > 1 else ""
        )
    return f"{leg['channel']} {'failed' if leg['failed'] else 'waits'}"
