"""A tree on codes while it is still being worked on: cheap to route, to cut and to graft."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._tree_model import LEAF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interpkd._typing import BoolArray, IntArray


@dataclass(frozen=True)
class CodeTree:
    """Splits by codes, parents before children; the root is node 0.

    Attributes
    ----------
    left, right : ndarray of shape (n_nodes,)
        Children; -1 in a leaf.

    feature, code : ndarray of shape (n_nodes,)
        A row goes left when its code of the feature is at most `code`.

    missing_left : ndarray of bool of shape (n_nodes,)
        Whether the code of a missing value goes left.

    settled : ndarray of bool of shape (n_nodes,) or None, default=None
        Nodes whose split was chosen again since anything changed above or below it; None for no
        node.
    """

    left: IntArray
    right: IntArray
    feature: IntArray
    code: IntArray
    missing_left: BoolArray
    settled: BoolArray | None = None

    @property
    def n_leaves(self) -> int:
        """Number of leaves."""
        return int((self.left == LEAF).sum())

    @property
    def leaves(self) -> IntArray:
        """Node numbers of the leaves, rising."""
        return np.flatnonzero(self.left == LEAF)

    @property
    def inner(self) -> IntArray:
        """Node numbers of the splits, rising: parents before children."""
        return np.flatnonzero(self.left != LEAF)

    @property
    def depth(self) -> IntArray:
        """Number of splits above each node."""
        depth = np.zeros(len(self.left), dtype=np.int64)
        for node in self.inner:  # parents come before their children
            depth[[self.left[node], self.right[node]]] = depth[node] + 1
        return depth

    def below(self, node: int) -> Iterator[int]:
        """Give a node and all nodes under it, parents before children."""
        todo = [node]
        while todo:
            at = todo.pop()
            yield at
            if self.left[at] != LEAF:
                todo += [int(self.right[at]), int(self.left[at])]

    def has_splits_of(self, other: CodeTree) -> bool:
        """Tell whether another tree is the same but for what is known of it."""
        fields = ("left", "right", "feature", "code", "missing_left")
        return all(np.array_equal(getattr(self, one), getattr(other, one)) for one in fields)

    def with_split(self, node: int, feature: int, code: int, *, missing_left: bool) -> CodeTree:
        """Give the tree with another split at a node."""
        features, codes = self.feature.copy(), self.code.copy()
        sides = self.missing_left.copy()
        features[node], codes[node], sides[node] = feature, code, missing_left
        return CodeTree(self.left, self.right, features, codes, sides)

    def with_subtree(self, node: int, other: CodeTree, at: int = 0) -> CodeTree:
        """Give the tree with the part of `other` under `at` in place of everything under `node`."""
        return self.with_subtrees({node: other}, at)

    def with_subtrees(self, grafts: Mapping[int, CodeTree], at: int = 0) -> CodeTree:
        """Give the tree with others, from their node `at` on, in place of what is under nodes."""
        return self.grafted(grafts, at)[0]

    def grafted(
        self, grafts: Mapping[int, CodeTree], at: int = 0, *, keeps_settled: bool = False
    ) -> tuple[CodeTree, list[tuple[int, int]]]:
        """Give the tree with others in place of what is under nodes, and where its nodes are from.

        Parameters
        ----------
        grafts : mapping of int to CodeTree
            What comes in the place of nodes.

        at : int, default=0
            The node from which on the others are taken.

        keeps_settled : bool, default=False
            Whether what is settled in the others is so in the new tree: their rows are the same.

        Returns
        -------
        tree : CodeTree
            The tree, parents before children.

        origin : list of (int, int)
            Per node: the node whose place the other tree took, or -1; and the number that it had.
        """
        rows: list[tuple[int, int, bool]] = []
        left: list[int] = []
        right: list[int] = []
        settled: list[bool] = []
        origin: list[tuple[int, int]] = []

        def copy(tree: CodeTree, this: int, graft: int) -> tuple[int, bool]:
            """Give the new number, and whether everything there is as it was."""
            if graft < 0 and this in grafts:
                return copy(grafts[this], at, this)[0], False
            number, is_same = len(rows), graft < 0 or keeps_settled
            rows.append(
                (int(tree.feature[this]), int(tree.code[this]), bool(tree.missing_left[this]))
            )
            origin.append((graft, this))
            left.append(LEAF)
            right.append(LEAF)
            settled.append(False)
            if tree.left[this] != LEAF:
                left[number], left_same = copy(tree, int(tree.left[this]), graft)
                right[number], right_same = copy(tree, int(tree.right[this]), graft)
                is_same = left_same and right_same
                if tree.settled is not None:
                    settled[number] = is_same and bool(tree.settled[this])
            return number, is_same

        copy(self, 0, -1)
        feature, code, missing_left = zip(*rows, strict=True)
        new = CodeTree(
            np.array(left),
            np.array(right),
            np.array(feature),
            np.array(code),
            np.array(missing_left),
            np.array(settled),
        )
        return new, origin

    def cut(self, *nodes: int) -> CodeTree:
        """Give the tree with a leaf in place of everything under each of some nodes."""
        return self.with_subtrees(dict.fromkeys(nodes, A_LEAF))


def stump(feature: int, code: int, *, missing_left: bool) -> CodeTree:
    """Give a tree of one split."""
    return CodeTree(
        np.array([1, LEAF, LEAF]),
        np.array([2, LEAF, LEAF]),
        np.array([feature, -1, -1]),
        np.array([code, -1, -1]),
        np.array([missing_left, False, False]),
    )


A_LEAF = CodeTree(
    np.array([LEAF]), np.array([LEAF]), np.array([-1]), np.array([-1]), np.array([False])
)
