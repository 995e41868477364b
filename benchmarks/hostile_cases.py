"""The hostile runs by name: files, schemas, entries, settings and notes that no search writes."""

from __future__ import annotations

import os
from typing import Any

from hostile_models import MODELS
from hostile_ways import (
    BOMB,
    DEEP,
    ESCAPES,
    Way,
    cells,
    database_elsewhere,
    edited,
    everywhere,
    folder,
    forecast_model,
    grown,
    journal_of_others,
    law,
    linked,
    looped,
    member,
    piped,
    program,
    row,
    schema,
    setting,
    sql,
    stored,
    task,
    written,
)

RULES = {"template": "", "must_use": [], "forbid_operators": [], "only_operators": []}
GOOD_ROOT: list[Any] = ["add", ["const", 0], ["feat", 0]]


def nested(n: int) -> list[Any]:
    """A law of some operations inside each other."""
    root: list[Any] = ["feat", 0]
    for _ in range(n):
        root = ["tanh", root]
    return root


def wide(n: int) -> list[Any]:
    """A law of two to the power of some leaves."""
    return ["add", wide(n - 1), wide(n - 1)] if n else ["feat", 0]


FILES: dict[str, Way] = {
    "report.html is a link": linked("report.html"),
    "report.html is a folder": folder("report.html"),
    "report.html is a pipe": piped("report.html"),
    "champion.py is a link": linked("champion.py"),
    "run.lock is a link": linked("run.lock"),
    "run.lock is a second name": linked("run.lock", os.link),
    "run.lock is a pipe": piped("run.lock"),
    "run.lock is huge": grown("run.lock", 2**32),
    "run.lock is nested": written("run.lock", b"[" * 4096),
    "run.lock names process -1": written("run.lock", b'{"pid": -1}'),
    "the database is a link": database_elsewhere,
    "the database is a pipe": piped("run.sqlite"),
    "the database is a folder": folder("run.sqlite"),
    "the database has 20 GiB": grown("run.sqlite", 20 * 2**30),
    "the database is sparse": grown("run.sqlite", 2**30),
    "the log is a link": linked("run.sqlite-wal"),
    "the log is a pipe": piped("run.sqlite-wal"),
    "the log is noise": written("run.sqlite-wal", b"\x37\x7f\x06\x82" + bytes(range(256)) * 99),
    "the log's index is a link": linked("run.sqlite-shm"),
    "the log's index is a second name": linked("run.sqlite-shm", os.link),
    "the journal is a link": linked("run.sqlite-journal"),
    "the journal names another file": journal_of_others,
    "the new database is a link": linked("run.sqlite.new"),
}

SCHEMAS: dict[str, Way] = {
    "entries are a view": sql(
        "ALTER TABLE entries RENAME TO old", "CREATE VIEW entries AS SELECT * FROM old"
    ),
    "entries are an endless view": sql(
        "DROP TABLE entries",
        "CREATE VIEW entries AS WITH RECURSIVE n(position) AS (SELECT 0 UNION ALL "
        "SELECT position + 1 FROM n) SELECT * FROM n",
    ),
    "notes are a virtual table": sql(
        "DROP TABLE notes", "CREATE VIRTUAL TABLE notes USING fts5(key, value)"
    ),
    "a trigger deletes": sql(
        "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM entries; END"
    ),
    "a trigger fills the disk": sql(
        "CREATE TRIGGER t AFTER INSERT ON test_openings BEGIN INSERT INTO programs "
        "SELECT hex(randomblob(16)), zeroblob(1000000) FROM entries, entries, entries; END"
    ),
    "another table": sql("CREATE TABLE more (x)"),
    "an index of a slow expression": sql(
        "CREATE INDEX i ON entries (length(hex(zeroblob(10000000))))"
    ),
    "a slow constraint": schema(
        "sql = replace(sql, 'value TEXT NOT NULL', 'value TEXT NOT NULL CHECK "
        "(length(hex(zeroblob(400000000))) > 0)') WHERE name = 'notes'"
    ),
    "a computed column": schema(
        "sql = replace(sql, 'score REAL', 'score REAL AS (position * 1.0)') WHERE name = 'entries'"
    ),
    "positions are not unique": schema(
        "sql = replace(sql, 'position INTEGER PRIMARY KEY', 'position INTEGER') "
        "WHERE name = 'entries'"
    ),
    "a schema of noise": schema("sql = 'CREATE TABLE meta (' || hex(zeroblob(99)) || '(('"),
    "a schema that names itself": looped("sqlite_master"),
    "entries that name themselves": looped("entries"),
    "notes that name themselves": looped("notes"),
    "no table of notes": sql("DROP TABLE notes"),
    "no table of entries": sql("DROP TABLE entries"),
    "schema 1 by its word": sql("PRAGMA user_version = 1"),
    "schema 2 by its word": sql("PRAGMA user_version = 2"),
    "schema 0": sql("PRAGMA user_version = 0"),
    "schema -5": sql("PRAGMA user_version = -5"),
    "schema 99": sql("PRAGMA user_version = 99"),
    "another program's": sql("PRAGMA application_id = 7"),
}

LAWS: dict[str, Way] = {
    "an unknown operation": law(["evil", ["feat", 0], ["const", 0]]),
    "an operation with three arguments": law(["add", ["feat", 0], ["const", 0], ["feat", 0]]),
    "a billion constants": law(GOOD_ROOT, 10**9),
    "a constant of a high number": law(["add", ["feat", 0], ["const", 10**9]]),
    "a feature of a high number": law(["add", ["const", 0], ["feat", 9]]),
    "a feature and a half": law(["add", ["const", 0], ["feat", 0.5]]),
    "JSON that is too deep": law(DEEP),
    "500 operations inside each other": law(["mul", ["const", 0], nested(500)]),
    "150 operations inside each other": law(["mul", ["const", 0], nested(150)]),
    "a million operations": law(["mul", ["const", 0], wide(15)]),
    "a number that is none": law('{"root":["num",NaN],"n_constants":0,"own_feature_first":false}'),
    "a number beyond all": law('{"root":["num",1e999],"n_constants":0,"own_feature_first":false}'),
    "a law that is a text": law('"x"'),
    "a law that is cut off": law('{"root":'),
    "a law with more": law(GOOD_ROOT, more=1),
    "no recipe": everywhere(recipe=None),
    "a recipe of an unknown field": everywhere(recipe={"evil": 1}),
    "a recipe of a text for a number": everywhere(recipe={"f_scale": "1"}),
    "a recipe with 10^9 starts": everywhere(recipe={"n_starts": 10**9}),
    "a recipe with 10,000 starts": everywhere(recipe={"n_starts": 10_000}),
    "a recipe with half a start": everywhere(recipe={"n_starts": 1.5}),
}

ENTRIES: dict[str, Way] = {
    "its own parent": cells(parents=[2]),
    "a parent that is younger": everywhere(parents=[5]),
    "parents in a ring": everywhere(parents=[0, 1, 2, 3, 4]),
    "a parent before the first": cells(parents=[-1]),
    "parents that are texts": cells(parents=["0"]),
    "a million parents": cells(parents=[0] * 10**6),
    "a score that is a text": cells(score="best"),
    "a score that is bytes": cells(score=b"\x00\xff"),
    "a score beyond all": everywhere(score=9e999),
    "a score below all": everywhere(score=-9e999),
    "a billion constants, it says": everywhere(n_constants=10**9),
    "fewer than no constants": everywhere(n_constants=-1),
    "half a constant": everywhere(n_constants=1.5),
    "an infinite complexity": everywhere(complexity=9e999),
    "seconds that are a text": everywhere(seconds="long"),
    "folds that are no JSON": everywhere(folds="[[["),
    "folds that are texts": everywhere(folds=["x"]),
    "folds of texts": everywhere(folds=[["a", 1, "0.5", "0.5"]]),
    "a million folds": cells(folds=[["a", 1, 0.5, 0.5]] * 10**5),
    "no folds": everywhere(folds=[]),
    "folds that are not numbers": everywhere(folds='[["a",1,NaN,NaN]]'),
    "folds with escapes": everywhere(folds=[[ESCAPES, 1, 0.5, 0.5]]),
    "facts that are a list": everywhere(facts=[1]),
    "facts of texts": everywhere(facts={"look": "x", "fits": "y"}),
    "facts of one fit that is a list": everywhere(facts={"look": 0.5, "fits": [[1]]}),
    "no facts": everywhere(facts={}),
    "facts that are too deep": everywhere(facts='{"a":' + DEEP + "}"),
    "facts of half a character": everywhere(facts='{"look":0.5,"\\ud800":"\\ud800"}'),
    "a status that is bytes": everywhere(status=b"ok"),
    "a message of 10 MB": cells(message="x" * 10**7),
    "an operator with escapes": everywhere(operator=ESCAPES),
    "a key of 100 MB": sql("UPDATE entries SET key = zeroblob(100000000) WHERE position = 2"),
    "a key that is bytes": everywhere(key=b"key"),
    "an unknown origin": everywhere(origin="heaven"),
    "an entry too few": sql("DELETE FROM entries WHERE position = 3"),
    "an entry before the first": sql("UPDATE entries SET position = -1 WHERE position = 0"),
    "an entry of a huge number": sql(
        "UPDATE entries SET position = 4611686018427387904 WHERE position = 3",
        "UPDATE entries SET position = 9223372036854775807 WHERE position = 4",
    ),
    "a checksum that is a text": sql("UPDATE entries SET checksum = 'x'"),
    "texts that are no characters": sql("UPDATE programs SET text = CAST(x'ff' AS TEXT)"),
    "texts that are bytes": sql("UPDATE programs SET text = CAST(text AS BLOB)"),
    "a stranger's program": program(BOMB, traced=True),
    "a stranger's black box": program(BOMB, traced=False),
    "a text that no parser ends": program("-" * 60_000 + "1", traced=False),
    "a text of parentheses": program("(" * 60_000, traced=False),
    "a text of zeros": program("\0" * 1000, traced=False),
    "a text of 2 MB": program("#" * 2_000_000, traced=True),
}

META: dict[str, Way] = {
    "a seed below 0": setting(seed=-1),
    "a seed that is a text": setting(seed="x"),
    "a seed of 5,000 digits": stored("meta", "settings", '{"seed":' + "9" * 5000 + "}"),
    "10^18 evaluations": setting(evaluations=10**18),
    "-5 evaluations": setting(evaluations=-5),
    "evaluations that are not a number": stored("meta", "settings", '{"evaluations":NaN}'),
    "an unknown setting": setting(evil=1),
    "an unknown proposer": setting(proposers=["evil"]),
    "proposers that are numbers": setting(proposers=[1]),
    "a million proposers": setting(proposers=["grammar"] * 10**5),
    "settings that are a list": stored("meta", "settings", []),
    "rules without end": setting(rules={**RULES, "template": "(" * 50_000}),
    "rules of numbers": setting(rules={**RULES, "must_use": [1]}),
    "a stranger's seed": setting(seeds=[["evil", BOMB]]),
    "a seed that is a name": setting(seeds=[["evil"]]),
    "settings that are too deep": stored("meta", "settings", DEEP),
    "no task": sql("DELETE FROM meta WHERE key = 'task'"),
    "a task without a folder": stored("meta", "task", {"name": "x", "fingerprint": "y"}),
    "a task of devices": task(folder="/dev"),
    "a task at nobody's home": task(folder="~nobody-at-all/x", name="~nobody-at-all"),
    "a task of a zero": task(folder="a\0b"),
    "a task of a long path": task(folder="x/" * 30_000),
    "a task with escapes": task(name=ESCAPES, folder="none"),
    "a task without features": task(features=[]),
    "a task of other features": task(features=["a", "b", "c", "d"]),
    "features that are numbers": task(features=[1, 2]),
    "another fingerprint": task(fingerprint="x" * 16),
    "versions that are a list": stored("meta", "versions", [1]),
    "versions that are too deep": stored("meta", "versions", {"scoring": [[[]]]}),
}

NOTES: dict[str, Way] = {
    "a table that is a list": stored("notes", "ending", []),
    "a table of too many entries": edited("notes", "ending", lambda n: n.update(n_entries=1e99)),
    "a champion without a score": row(score=None),
    "a champion of no entry": row(index=10**9),
    "a champion of other groups": row(constants={"evil": [[1.0]]}),
    "a champion of ragged constants": row(constants={"code": [[1.0], [2.0]], "web": [1.0]}),
    "a champion without constants": row(constants={}),
    "a champion of too few constants": row(n_constants=1, constants={"web": [[1]], "code": [[1]]}),
    "a champion whose constants are texts": row(constants={"web": [["1"]], "code": [["1"]]}),
    "a champion of an unknown kind": row(kind="king"),
    "a champion with escapes": row(formula=ESCAPES, name=ESCAPES, message=ESCAPES),
    "a champion that is another program": row(text=BOMB),
    "a champion of half a character": row(formula="\ud800", text="\ud800"),
    "a champion with more": row(evil=1),
    "a summary of too many": edited("notes", "summary", lambda n: n.update(n_entries=99)),
    "a summary of other leaders": edited(
        "notes", "summary", lambda n: n.update(leaders=[[2, "x", -99.0, 1]])
    ),
    "a summary of texts": edited("notes", "summary", lambda n: n.update(leaders=["abcd"])),
    "a summary without leaders": edited("notes", "summary", lambda n: n.update(leaders=[])),
    "a summary that is nested": stored("notes", "summary", DEEP),
    "a forecast that is a list": stored("notes", "forecast", [1]),
    "a forecast of nobody": forecast_model(members=[]),
    "a forecast of no spread": forecast_model(spreads={}),
    "a forecast of ragged spreads": forecast_model(
        spreads={"web": [[1], [2], [3]], "code": [1, 2, 3]}
    ),
    "a forecast of unlike lengths": forecast_model(distances=[1.0] * 7),
    "a forecast of another form": forecast_model(format=10**9),
    "a forecast of texts": forecast_model(ratios=["1"], distances=["1"]),
    "a forecast of an unknown law": member(law={"root": ["evil"]}),
    "a forecast of a billion constants": member(
        law={"root": GOOD_ROOT, "n_constants": 10**9, "own_feature_first": False}
    ),
    "a forecast of a high feature": member(
        law={"root": ["feat", 77], "n_constants": 0, "own_feature_first": False}
    ),
    "a forecast of other groups": member(constants={"evil": [[1.0]]}),
    "a budget below 0": stored("notes", "budget", {"evaluations": -1}),
    "a budget that is a text": stored("notes", "budget", {"evaluations": "x"}),
    "a budget of more": stored("notes", "budget", {"seed": 7}),
    "elites of a command": stored("notes", "inherited", {"run": "x; touch mark", "elites": []}),
    "elites of noise": stored("notes", "inherited", {"run": "x", "elites": [[1, 2], [3]]}),
    "comparisons of numbers": stored("notes", "lanes", [1, 2]),
    "a comparison of texts": stored(
        "notes", "lanes", [{"index": "x", "status": 1, "difference": "y"}]
    ),
    "a broken lane that is a list": stored("notes", "lanes broken", [1]),
    "a sandbox of numbers": stored("notes", "sandbox", {"mechanisms": {"fork": 1}}),
    "a note of 100 MB": sql("INSERT OR REPLACE INTO notes VALUES ('ending', zeroblob(100000000))"),
    "20,000 openings": sql(
        "INSERT INTO test_openings (at, what, program_id, command) WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT 'a', 'b', 'c', i FROM n"
    ),
    "openings with escapes": sql(
        "INSERT INTO test_openings (at, what, program_id, command) "
        "VALUES (char(27) || '[2J', 'b', 'c', char(27, 10) || '[1m')"
    ),
    "openings that are bytes": sql(
        "INSERT INTO test_openings (at, what, program_id, command) VALUES (x'ff', 'b', 'c', 'd')"
    ),
}

CASES: dict[str, Way] = FILES | SCHEMAS | LAWS | ENTRIES | META | NOTES | MODELS
