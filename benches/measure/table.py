"""The one table that a run prints."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """A measure of ours beside its floor and its limit."""

    name: str
    ours: str
    floor: str = ""
    figure: float = 0.0  # what the limit is about
    limit: float | None = None
    unit: str = "×"
    peers: dict = field(default_factory=dict)
    slack: float = 0.0  # for what is done once and not for each revision
    key: str = ""  # its name in the baseline

    @property
    def met(self):
        return self.limit is None or self.figure <= self.limit + self.slack

    def cells(self, peers):
        shown = f"{self.figure:.2f} ×" if self.unit == "×" else f"{self.figure:g} {self.unit}"
        limit = "" if self.limit is None else f"≤ {self.limit:g} {self.unit}"
        verdict = "" if self.limit is None else "met" if self.met else "NOT MET"
        others = [self.peers.get(peer) for peer in peers]
        ratios = ["" if ratio is None else f"{ratio:.2f}" for ratio in others]
        return [self.name, self.ours, self.floor, shown, limit, verdict, *ratios]


def compared(name, costs, ours, floor, kind, limit=None):
    """A row from costs by name: `kind` is `cpu` or `wall`; all others are peers."""
    base = getattr(costs[floor], kind)
    figure = {each: getattr(cost, kind) for each, cost in costs.items()}
    return Row(
        name,
        milliseconds(figure[ours]),
        milliseconds(base),
        figure[ours] / base,
        limit,
        peers={each: value / base for each, value in figure.items() if each not in (ours, floor)},
    )


def milliseconds(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.2f} ms"


def render(rows, peers):
    head = ["measure", "ours", "floor", "ours ÷ floor", "limit", "", *peers]
    lines = [head, *(row.cells(peers) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
        for line in lines
    ]
    padded.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(padded)
