import json
import re

import pytest
from readme_figures import RESULTS, ROOT, filled


def test_every_figure_comes_from_a_committed_result() -> None:
    readme = (ROOT / "README.md").read_text()
    assert filled(readme) == readme, "run `make docs`"


def test_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text()
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", readme) if "://" not in t]
    assert targets
    assert [t for t in targets if not (ROOT / t).exists()] == []


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_committed_tours_hold_what_is_promised(seed: int) -> None:
    ladder = json.loads((RESULTS / f"tour-seed-{seed}" / "ladder.json").read_text())
    arms = {arm["name"]: arm for arm in ladder["arms"]}
    assert ladder["complete"] and ladder["seed"] == seed
    assert ladder["seconds"] <= 600
    assert all(arm["n"] >= 400 for arm in arms.values())
    thinking, grpo = arms["chain-of-thought"], arms["grpo"]
    assert grpo["accuracy"] - thinking["accuracy"] >= 0.2
    assert grpo["interval"][0] > thinking["interval"][1]
    assert arms["distilled"]["accuracy"] > arms["direct"]["accuracy"]
