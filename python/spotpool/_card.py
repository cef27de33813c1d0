"""The HTML of a job in a notebook. Every value is text: it is escaped, and never markup."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, Iterable, Mapping, Sequence, Tuple

#: Names and reasons come from outside. A longer one would fill the notebook.
_SHOWN_CHARACTERS = 200

_BOX = "border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:.6em .9em;max-width:44em;font-size:13px;line-height:1.5"
_FAINT = "opacity:.7"
_OK = "#2e9e5b"
_FAILED = "#d64545"
_WARNING = "#b7791f"


def progress_card(known: Mapping[str, Any]) -> str:
    """The bar that a cell shows while a job runs."""
    from ._progress import details_of

    if "says" in known:
        return f'<div style="{_BOX}">{_text(known["says"])}</div>'
    head = f"<b>{_text(known.get('job', ''))}</b> {_text(known.get('state', ''))}"
    detail = " · ".join(_text(word) for word in details_of(dict(known)))
    warned = "".join(f'<div style="color:{_WARNING}">{_text(message)}</div>' for message in known.get("warnings", []))
    return f'<div style="{_BOX}">{head}{_bar(known)}<div style="{_FAINT}">{detail or "&nbsp;"}</div>{warned}</div>'


def job_card(status: Mapping[str, Any], place: str) -> str:
    """A job as a cell shows it."""
    rows = [
        ("dataset", "items of a program" if status.get("dataset") == "-" else status.get("dataset")),
        ("model", status.get("model")),
        ("rerun of", status.get("parent")),
        ("runs on", place),
        ("created", _moment(status.get("createdAt"))),
        ("why", status.get("reason") if status.get("state") in ("failed", "cancelled") else None),
    ]
    title = f"<b>{_text(status.get('name') or status.get('job', ''))}</b> {_text(status.get('state', ''))}"
    id_of_named = [("job", status.get("job"))] if status.get("name") else []
    return f'<div style="{_BOX}">{title}{_bar(status)}{_table([*id_of_named, *rows])}</div>'


def jobs_table(all_of: Iterable[Mapping[str, Any]]) -> str:
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in ("job", "name", "state", "ok", "failed", "items", "created"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_line, all_of))}</tbody></table>"


def _line(status: Mapping[str, Any]) -> str:
    items: Dict[str, Any] = status.get("items") or {}
    numbers = [f"{items[name]:,}" if name in items else "" for name in ("ok", "failed", "total")]
    cells = [status.get("job", ""), status.get("name") or "", status.get("state", ""), *numbers, _moment(status.get("createdAt"))]
    columns = "".join(f'<td style="text-align:left">{_text(cell)}</td>' for cell in cells)
    return f"<tr>{columns}</tr>"


def _table(rows: Sequence[Tuple[str, Any]]) -> str:
    lines = [f'<div><span style="{_FAINT}">{name}</span> {_text(value)}</div>' for name, value in rows if value]
    return "".join(lines)


def _bar(status: Mapping[str, Any]) -> str:
    items = status.get("items")
    if not isinstance(items, dict) or not items.get("total"):
        return ""
    ok, failed, total = (int(items.get(name, 0)) for name in ("ok", "failed", "total"))
    parts = "".join(
        f'<div style="width:{100 * count / total:.2f}%;background:{color}"></div>' for count, color in ((ok, _OK), (failed, _FAILED)) if count
    )
    said = f"{ok + failed:,} of {total:,} items" + (f", {failed:,} failed" if failed else "")
    return (
        f'<div role="progressbar" aria-valuemin="0" aria-valuemax="{total}" aria-valuenow="{ok + failed}" '
        f'style="display:flex;height:8px;margin:.5em 0 .2em;border-radius:4px;overflow:hidden;background:rgba(128,128,128,.25)">{parts}</div>'
        f"<div>{said}</div>"
    )


def _moment(at: Any) -> str:
    return str(at)[:16].replace("T", " ") + " UTC" if at else ""


def _text(value: Any) -> str:
    text = str(value)
    return escape(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")
