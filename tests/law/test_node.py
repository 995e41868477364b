"""Nodes: equal trees are one object, for as long as anybody has it."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

from evolve.law import node as module
from evolve.law.node import Node


def power(constant: int, feature: int) -> Node:
    log = Node("log", (Node("feat", (), float(feature)),))
    return Node("exp", (Node("mul", (Node("const", (), float(constant)), log)),))


def test_equal_trees_are_one_object() -> None:
    assert power(3, 1) is power(3, 1)
    assert power(3, 1) != power(3, 2)
    assert Node("num", (), 1) is Node("num", (), 1.0)


def test_a_copy_is_the_node_itself() -> None:
    tree = power(1, 2)
    assert copy.deepcopy(tree) is tree
    assert pickle.loads(pickle.dumps(tree)) is tree


def test_a_zero_has_no_sign() -> None:
    assert repr(Node("num", (), -0.0).value) == "0.0"


def test_a_node_knows_what_it_depends_on() -> None:
    both = Node("add", (power(0, 2), power(7, 2)))
    assert (both.size, both.features, both.constants) == (11, {2}, {0, 7})


def test_threads_that_make_a_tree_at_once_get_the_same_one() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for feature in range(100, 150):
                made = list(threads.map(power, [0] * 16, [feature] * 16))
                assert len({id(tree) for tree in made}) == 1
    finally:
        sys.setswitchinterval(before)


def test_nodes_that_nobody_has_are_forgotten_while_others_stay() -> None:
    kept = power(0, 10**6)
    module._sweep()
    n_before = len(module._NODES)
    for feature in range(4 * module._FEWEST):
        power(1, feature)
    gc.collect()
    module._sweep()
    assert power(0, 10**6) is kept
    assert len(module._NODES) <= n_before


def test_a_deep_tree_is_forgotten_without_recursion() -> None:
    tree = Node("feat", (), 10.0**6)
    for _ in range(20 * sys.getrecursionlimit()):
        tree = Node("neg", (tree,))
    n_before = len(module._NODES)
    del tree
    module._sweep()
    assert len(module._NODES) <= n_before - 20 * sys.getrecursionlimit()
