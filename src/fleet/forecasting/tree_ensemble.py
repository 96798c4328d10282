"""Gradient-boosted trees: xgboost fits them, and compiled code evaluates them.

A live hour evaluates trees and fits none. The import of xgboost takes longer than all forecasts of a live hour.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.units import FloatArray, IntArray

_LEAF = -1
Values = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeEnsemble:
    """Fitted trees, whose outputs are added up. The nodes of all trees stand one after another.

    root: (tree,) index of the first node of each tree.
    feature: (node,) index of the feature that is compared with the threshold; _LEAF for a leaf.
    threshold: (node,) a value below the threshold goes left. For a leaf, the output of the leaf.
    left, right: (node,) index of the next node.
    missing_left: (node,) whether a missing value goes left.
    """

    root: IntArray
    feature: IntArray
    threshold: Values
    left: IntArray
    right: IntArray
    missing_left: NDArray[np.bool_]

    @classmethod
    def load_libraries(cls) -> None:
        """Import xgboost, which takes more than a second; only `fit` needs it."""
        import xgboost  # noqa: F401

    @classmethod
    def fit(cls, features: Values, target: FloatArray, parameters: Mapping[str, Any], rounds: int) -> Self:
        """Fit trees.

        Args:
            features: (row, feature); NaN where missing.
            target: (row,).
            parameters: as xgboost takes them, with `nthread`. The base score must be zero.
            rounds: number of trees.
        """
        import xgboost  # slow, see `load_libraries`

        table = xgboost.DMatrix(features, target.astype(np.float32), nthread=parameters["nthread"])
        raw = xgboost.train(dict(parameters), table, rounds).save_raw("json")
        return cls._of(json.loads(raw)["learner"]["gradient_booster"]["model"]["trees"])

    @classmethod
    def _of(cls, trees: list[dict[str, Any]]) -> Self:
        begin = np.cumsum([0] + [len(tree["left_children"]) for tree in trees])
        left, right, feature = [], [], []
        for first, tree in zip(begin, trees, strict=False):
            children = np.array(tree["left_children"])
            left.append(children + first)
            right.append(np.array(tree["right_children"]) + first)
            feature.append(np.where(children < 0, _LEAF, tree["split_indices"]))
        return cls(
            root=begin[:-1].astype(np.int64),
            feature=np.concatenate(feature).astype(np.int64),
            threshold=np.concatenate([np.array(tree["split_conditions"], dtype=np.float32) for tree in trees]),
            left=np.concatenate(left).astype(np.int64),
            right=np.concatenate(right).astype(np.int64),
            missing_left=np.concatenate([np.array(tree["default_left"], dtype=np.bool_) for tree in trees]),
        )

    def predict(self, features: Values) -> Values:
        """Return the output of each row: (row,), equal to the last bit to the output of xgboost.

        Args:
            features: (row, feature), as in `fit`.
        """
        output = np.zeros(len(features), dtype=np.float32)
        nodes = _Nodes(self.feature, self.threshold, self.left, self.right, self.missing_left)
        _add_outputs(self.root, nodes, np.ascontiguousarray(features, dtype=np.float32), output)
        return output


class _Nodes(NamedTuple):
    """The nodes of an ensemble, as compiled code takes them."""

    feature: IntArray
    threshold: Values
    left: IntArray
    right: IntArray
    missing_left: NDArray[np.bool_]


@compiled
def _add_outputs(root: IntArray, nodes: _Nodes, rows: Values, output: Values) -> None:
    """Add the output of each tree to each row's output, tree by tree, as xgboost does."""
    # Reading a field of a tuple inside a loop is slow, so the arrays are read here.
    feature, threshold, left, right, missing_left = nodes
    for row in range(len(rows)):
        for first in root:
            node = first
            while feature[node] >= 0:
                value = rows[row, feature[node]]
                goes_left = missing_left[node] if np.isnan(value) else value < threshold[node]
                node = left[node] if goes_left else right[node]
            output[row] += threshold[node]
