"""`ponder probe`: what a model's thinking is made of, and whether it pays."""

from cyclopts import App

app = App(name="probe", help="Probe a model: what its thinking is made of.", help_format="plaintext")
app.command("ponder.cli.probe_overthinking:overthinking", name="overthinking",
            help="Cut one trace at every budget: how much thinking each problem needs.")  # fmt: skip
app.command("ponder.cli.probe_deduction:deduction", name="deduction",
            help="Deduced or seen: the same proofs in familiar, contrary and invented words.")  # fmt: skip
