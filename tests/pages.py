"""What tests of pages share: a parser that minds its tags, hostile words, and ladders made up to order."""

from __future__ import annotations

from html.parser import HTMLParser

from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.ladder import Ladder
from ponder.records import Cost, Judgement, Verdict
from ponder.report.markup import VOID

NAMES = ("direct", "chain-of-thought", "self-consistency", "grpo", "distilled")
HOSTILE = "<script>alert('1')</script> \" onload=x & \x00 \ud800 </style></svg> ]]>"


class Page(HTMLParser):
    """Collects tags, and fails on one that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def make_ladder(arms: int = 5, *, words: str = "plain", problems: int = 12, complete: bool = True) -> Ladder:
    """Arms of rising accuracy and cost; `words` stands wherever a person or a model could write."""

    def item(arm: int, problem: int) -> ItemResult:
        right = problem % (arm + 2) != 0
        verdict = Verdict.CORRECT if right else tuple(Verdict)[1 + problem % 6]
        return ItemResult(
            problem_id=str(problem),
            question=f"{words} {problem}",
            gold=words,
            judgement=Judgement(verdict, words, words),
            cost=Cost(reasoning_tokens=9 * arm**3, answer_tokens=3, flops=1e7, seconds=0.1),
            answer=words if right else None,
            reasoning=words if arm else "",
            text=words * 2,
            n_completions=1 + arm,
        )

    results = tuple(
        ArmResult(
            name=f"{name}{'' if words == 'plain' else words}",
            title=name if words == "plain" else words,
            items=tuple(item(index, problem) for problem in range(problems)),
            training_cost=Cost(flops=1e12, seconds=60) if index > 2 else None,
            run=words,
        )
        for index, name in enumerate(NAMES[:arms])
    )
    return Ladder(arms=results, seed=0, seconds=5, task=words, model=words, complete=complete)
