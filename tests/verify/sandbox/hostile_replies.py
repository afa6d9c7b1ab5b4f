"""Programs that take our side of the conversation: forged, stale, malformed and monstrous messages."""

# ruff: noqa: E501 - a program a row

from __future__ import annotations

import textwrap
from typing import Any

from verify.sandbox.hostile_row import DOUBLE, LOOP, NAMED, PAIR, SETS, TEXT, Row, endless, row


def reply(name: str, body: str, outcomes: str = "wrong", tests: dict[str, Any] = DOUBLE) -> Row:
    """Says that it is ready and then, for each question, does `body` with its `id` and its argument `x`."""
    loop = "for id, x in questions():\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return row(name, loop, outcomes, tests=tests)


def value(name: str, text: str, tests: dict[str, Any] = DOUBLE, outcomes: str = "wrong") -> Row:
    """Answers with this JSON (an expression that makes the text) as the value."""
    body = f"""say(('{{"id": "%s", "value": ' % id + {text} + '}}').encode())"""
    return reply(name, body, outcomes, tests)


CONVERSATION = (
    row("ready twice", "say({'ready': True})\nsay({'ready': True})\ndef f(x): return 0"),
    row("ready with an answer", "say({'ready': True, 'value': 2})\ndef f(x): return 0"),
    row("passed instead of ready", "say({'passed': True})"),
    row("answer before the question", "say({'ready': True})\nsay({'id': '0' * 16, 'value': 2})\ntime.sleep(9)"),
    row("50 answers to guessed questions", "import random\nsay({'ready': True})\nfor n in range(50):\n"
        "    say({'id': random.randbytes(8).hex(), 'value': 2})\ntime.sleep(9)"),
    reply("50 answers at once", "[say({'id': id, 'value': 2 * x}) for _ in range(50)]"),
    reply("every answer twice", "say({'id': id, 'value': 2 * x}); say({'id': id, 'value': 2 * x})"),
    row("stale question", "first = None\nfor id, x in questions():\n    first = first or id\n"
        "    say({'id': first, 'value': 2 * x})"),
    reply("question as a list", "say({'id': [id], 'value': 2 * x})"),
    reply("question in capitals", "say({'id': id.upper() + ' ', 'value': 2 * x})"),
    reply("no question", "say({'value': 2 * x})"),
    reply("question and nothing else", "say({'id': id})"),
    reply("value and exception", "say({'id': id, 'value': 2 * x, 'raised': {'type': 'E', 'message': ''}})"),
    reply("right answer and a verdict", "say({'id': id, 'value': 2 * x, 'passed': True})"),
    reply("verdict instead of an answer", "say({'passed': True})"),
    reply("verdict in an examination", "say({'passed': True})", tests=LOOP),
    reply("question back to the tests", "say({'ask': 'f', 'arguments': [], 'named': {}})", tests=LOOP),
    reply("exception that is no exception", "say({'id': id, 'raised': 'passed'})"),
    reply("exception of the kind passed", "say({'id': id, 'raised': {'type': 'passed', 'message': 'passed'}})",
          "error"),
    reply("failure of ours, claimed",
          "say({'id': id, 'raised': {'type': 'infrastructure_error', 'message': 'retry'}})", "error"),
    row("failure of ours, claimed at once",
        "say({'failed': {'type': 'infrastructure_error', 'message': 'the fork server has gone'}})", "error"),
    reply("exception with a very long text",
          "say({'id': id, 'raised': {'type': 'E' * 300_000, 'message': 'x' * 300_000}})", "error"),
    row("failure with a very long text", "say({'failed': {'type': 'E' * 300_000, 'message': 'x' * 300_000}})",
        "error"),
    row("exception of half a character", "def f(x): raise ValueError('\\ud800\\x1b[2J\\0')", "error"),
    row("answer from a thread that reads along", """
        def answer():
            for id, x in questions():
                say({'id': id, 'value': 0})
        threading.Thread(target=answer).start()
        def f(x): return 2 * x
        """, "wrong error timeout"),
    row("closed replies", "os.close(4)\ndef f(x): return 2 * x", "error"),
    row("closed questions", "os.close(3)\ndef f(x): return 2 * x", "error"),
    endless("swapped descriptors", "os.dup2(1, 4)\ndef f(x): return 2 * x", "error timeout"),
    row("reply read back", "os.open('/proc/self/fd/4', os.O_RDONLY)\nos.read(4, 1)\ndef f(x): return 2 * x",
        "error blocked"),
    endless("answer that comes too slowly", "for id, x in questions():\n    body = json.dumps({'id': id, "
            "'value': 2 * x})\n    for part in struct.pack('>I', len(body)) + body.encode():\n"
            "        os.write(4, bytes([part])); time.sleep(0.05)"),
    endless("half an answer", "for id, x in questions():\n    os.write(4, b'\\0\\0')"),
    endless("answer of another length", "for id, x in questions():\n    os.write(4, struct.pack('>I', 999) + b'{}')"),
    reply("half an answer, then the end", "os.write(4, b'\\0\\0\\0\\x10{'); os._exit(0)", "error"),
)  # fmt: skip

FRAMES = (
    reply("length of 4 GiB", "write(4, b'\\xff' * 4)", "output_limit"),
    reply("length of minus one, with a body", "write(4, struct.pack('>i', -1) + b'{}')", "output_limit"),
    reply("length of nothing", "write(4, bytes(4))"),
    reply("no JSON", "say(b'passed')"),
    reply("JSON that is no object", "say(b'[true, \"passed\"]')"),
    reply("JSON 100,000 deep", "say(b'[' * 100_000)"),
    reply("objects 100,000 deep", "say(b'{\"id\":' * 100_000)"),
    reply("JSON in UTF-16", "say(json.dumps({'id': id, 'value': 0}).encode('utf-16'))"),
    reply("broken UTF-8", "say(b'{\"id\": \"\\xff\\xfe\", \"value\": 2}')"),
    reply("repeated keys", "say(('{\"id\": \"%s\", \"value\": %d, \"value\": 0}' % (id, 2 * x)).encode())"),
    reply("megabytes without end", "while True: write(4, struct.pack('>I', 900_000) + b' ' * 900_000)",
          "output_limit wrong"),
)  # fmt: skip

_COLLIDING = "','.join(str((2**61 - 1) * n) for n in range(1, 39_000))"
_COLLIDING_PAIRS = "','.join('[%d,0]' % ((2**61 - 1) * n) for n in range(1, 30_000))"
VALUES = (
    value("bare NaN", "'NaN'"),
    value("bare Infinity", "'-Infinity'"),
    value("number beyond floats", "'1e999'"),
    value("number of a million digits", "'1' * 900_000"),
    value("typed number of a million digits", """'{"int": "0x' + 'f' * 900_000 + '"}'"""),
    value("fraction of a million digits", "'2.' + '0' * 900_000 + '1'", LOOP),
    value("lone surrogates", "'\"\\\\ud800\"'", TEXT),
    value("lone surrogates to the tests", "'\"\\\\ud800\"'", LOOP),
    value("unknown type", """'{"any": 0}'"""),
    value("two types", """'{"tuple": [1], "set": [1]}'"""),
    value("no type", "'{}'"),
    value("tuple of no list", """'{"tuple": 5}'"""),
    value("dict of no pairs", """'{"dict": [[1]]}'""", NAMED),
    value("set of lists", """'{"set": [[1]]}'""", SETS),
    value("broken bytes", """'{"bytes": "zz"}'"""),
    value("float that is none", """'{"float": ["nan"]}'"""),
    value("int that is none", """'{"int": {"int": 1}}'"""),
    value("complex beyond floats", """'{"complex": [1' + '0' * 400 + ', 0]}'"""),
    value("complex of texts", """'{"complex": ["2", "0"]}'"""),
    value("key too long to print", """'{"dict": [[{"int": "0x' + 'f' * 9_000 + '"}, 1]]}'""", NAMED),
    value("list 300 deep", "'[' * 300 + ']' * 300", PAIR),
    value("list 300 deep to the tests", "'[' * 300 + ']' * 300", LOOP),
    value("tuple 150 deep to the tests", """'{"tuple": [' * 150 + ']}' * 150""", LOOP),
    value("300,000 lists", "'[' + ','.join(['[]'] * 300_000) + ']'", PAIR),
    value("200,000 lists to the tests", "'[' + ','.join(['[]'] * 200_000) + ']'", LOOP, "wrong timeout"),
    value("text as a tuple of characters", """'{"tuple": "' + 'x' * 900_000 + '"}'""", PAIR),
    value("set of numbers with one hash", "'{\"set\": [' + " + _COLLIDING + " + ']}'", SETS),
    value("frozenset of numbers with one hash", "'{\"frozenset\": [' + " + _COLLIDING + " + ']}'", LOOP),
    value("dict of numbers with one hash", "'{\"dict\": [' + " + _COLLIDING_PAIRS + " + ']}'", NAMED),
    row("key that no text can show", "def f(x): return {10 ** 5000: 1}", tests=NAMED),
    row("set of sets", "def f(x): return {frozenset({frozenset({x})})}", tests=SETS),
    row("value nested too deep", "def f(x):\n    for _ in range(5000): x = [x]\n    return x"),
)  # fmt: skip

REPLIES = CONVERSATION + FRAMES + VALUES
