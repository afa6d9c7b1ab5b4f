"""A ladder in a terminal: one row an arm, then which arm to buy from which price on.

Written for 110 columns. Where that is too wide, the columns that can be spared go first and are named;
nothing is cut off. Knows nothing of where the text goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from textwrap import wrap

from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.wording import paired_legend
from ponder.records import Verdict

WIDTH = 110
NARROWEST_NAME, LONGEST_NAME = 16, 40

Cell = Callable[[ArmResult, int], Text]


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    cell: Cell
    spared: int = 0
    """When the screen is too narrow the highest goes first; 0 stays."""
    left: bool = False


VERDICTS = (
    ("wrong", Verdict.WRONG),
    ("trun-\ncated", Verdict.TRUNCATED),
    ("no\nanswer", Verdict.NO_ANSWER),
    ("unread-\nable", Verdict.UNPARSABLE),
    ("timed\nout", Verdict.TIMED_OUT),
    ("not\njudged", Verdict.ERROR),
)


def ladder_text(ladder: Ladder, *, width: int = WIDTH, colour: bool = False) -> str:
    """The table and the sentences, in plain characters unless `colour` is asked for."""
    console = Console(
        file=StringIO(), width=width, force_terminal=colour, color_system="standard" if colour else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    table, spared = _fitting_table(ladder, console)
    console.width = max(
        width, _width(table, console)
    )  # a line too long can still be read, one cut short cannot
    notes = _notes(ladder, spared)
    sections = [_heading(ladder), Text(), table, Text(), Text(notes, style="dim")]
    if len(ladder.arms) > 1:
        bought = Table.grid(padding=(0, 1, 0, 0))
        for sentence in ladder.crossover_sentences:
            bought.add_row("·", formatting.visible(sentence))
        sections += [Text(), Text("Which arm to buy", style="bold"), bought]
    with console.capture() as captured:
        console.print(Group(*sections))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _heading(ladder: Ladder) -> Text:
    problems = max(arm.n for arm in ladder.arms)
    facts = f"{problems} problems · seed {ladder.seed} · {formatting.duration(ladder.seconds)}"
    text = Text.assemble((formatting.visible(f"{ladder.task} with {ladder.model}"), "bold"), f" · {facts}")
    if not ladder.complete:
        text.append("\nStopped early: this ladder is not complete.", style="yellow")
    return text


def _fitting_table(ladder: Ladder, console: Console) -> tuple[Table, list[str]]:
    """The table, and the headings of the columns that had to go."""
    columns, spared = _columns(ladder), list[str]()
    longest = min(max(len(formatting.visible(arm.title)) for arm in ladder.arms), LONGEST_NAME)
    while True:
        for gap in (2, 1):
            over = _width(_table(ladder, columns, longest, gap), console) - console.width
            if over <= 0:
                return _table(ladder, columns, longest, gap), spared
        optional = [column for column in columns if column.spared]
        if over <= longest - NARROWEST_NAME or not optional:
            return _table(ladder, columns, max(longest - over, NARROWEST_NAME), 1), spared
        last = max(optional, key=lambda column: column.spared)
        columns.remove(last)
        spared.append(last.heading.replace("-\n", "").replace("\n", " "))


def _width(table: Table, console: Console) -> int:
    """What the table needs, however narrow the console is."""
    return Measurement.get(console, console.options.update(width=10_000), table).maximum


def _table(ladder: Ladder, columns: list[Column], name_width: int, gap: int) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(no_wrap=True)
    for column in columns:
        table.add_column(column.heading, justify="left" if column.left else "right", no_wrap=True)
    for index, arm in enumerate(ladder.arms):
        name = _name(arm, arm in ladder.pareto, name_width)
        table.add_row(name, *(column.cell(arm, index) for column in columns))
    return table


def _name(arm: ArmResult, best: bool, width: int) -> Text:
    """The arm's name, with its further lines under the first, behind the mark of the front."""
    name = "\n  ".join(wrap(formatting.visible(arm.title), width)) or formatting.DASH
    return Text.assemble(("● ", "cyan") if best else "  ", (name, "bold" if best else ""))


def _columns(ladder: Ladder) -> list[Column]:
    columns = [Column("correct\n(95%)", _correct)]
    for heading, verdict in VERDICTS:
        if any(arm.verdicts[verdict] for arm in ladder.arms):
            columns.append(Column(heading, _counter(verdict), spared=1))
    if any(arm.verdicts[Verdict.TRUNCATED] for arm in ladder.arms):
        columns.append(Column("of com-\npleted", _completed, spared=2))
    columns.append(Column("tokens", _plain(lambda arm: formatting.count(arm.tokens))))
    if "flops" in ladder.axes:
        columns.append(Column("FLOPs", _priced("flops", formatting.si), spared=4))
    if "seconds" in ladder.axes:
        columns.append(Column("time", _priced("seconds", formatting.duration), spared=3))
    if len(ladder.arms) > 1:
        columns.append(Column("against the first arm", _paired(ladder), left=True))
        columns.append(Column("Holm p", _holm(ladder)))
    return columns


def _correct(arm: ArmResult, _: int) -> Text:
    interval = f"\n{formatting.percent_interval(arm.interval)}"
    return Text.assemble((formatting.percent(arm.accuracy), "bold"), (interval, "dim"))


def _completed(arm: ArmResult, _: int) -> Text:
    right, completed = arm.completed
    return Text(formatting.percent(right / completed) if completed else formatting.DASH)


def _counter(verdict: Verdict) -> Cell:
    return _plain(lambda arm: str(arm.verdicts[verdict]))


def _priced(cost: str, written: Callable[[float], str]) -> Cell:
    return _plain(lambda arm: written(arm.cost_per_problem[cost]))


def _plain(written: Callable[[ArmResult], str]) -> Cell:
    def cell(arm: ArmResult, _: int) -> Text:
        shown = written(arm)
        return Text(shown, style="dim" if shown == "0" else "")

    return cell


def _paired(ladder: Ladder) -> Cell:
    """The difference with its interval, and what it comes to."""

    def cell(_: ArmResult, index: int) -> Text:
        if index == 0:
            return Text("–", style="dim")
        comparison, words = ladder.comparisons[index - 1], ladder.paired_words[index - 1]
        if not comparison.n:
            return Text(words, style="dim")
        interval = formatting.points_interval(comparison.interval)
        style = "green" if words == "better" else "red" if words == "worse" else "dim"
        return Text(f"{formatting.points(comparison.delta)} ({interval})\n").append(words, style=style)

    return cell


def _holm(ladder: Ladder) -> Cell:
    def cell(_: ArmResult, index: int) -> Text:
        if index == 0 or not ladder.comparisons[index - 1].n:
            return Text("–", style="dim")
        return Text(formatting.p_value(ladder.holm_p_values[index - 1]).removeprefix("p ").removeprefix("= "))

    return cell


def _notes(ladder: Ladder, spared: list[str]) -> str:
    first = formatting.visible(ladder.arms[0].title)
    notes = ["● is on the Pareto front. Tokens, FLOPs and time are means per problem."]
    if len(ladder.arms) > 1:
        notes.append(f"Differences are paired, in percentage points against {first}.")
        notes.append(paired_legend(ladder.paired_words))
    if spared:
        notes.append(f"Left out on a screen this narrow: {formatting.listed(spared)}.")
    return " ".join(filter(None, notes))
