import numpy as np
import xgboost

from fleet.forecasting.tree_ensemble import TreeEnsemble

PARAMETERS = {"max_depth": 5, "eta": 0.3, "subsample": 0.7, "seed": 0, "nthread": 1, "base_score": 0.0}


def rows(seed: int, count: int = 2_000):
    """Random features, of which some are missing and some take few values, and a target that depends on them."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 6)).astype(np.float32)
    features[:, 3] = np.round(features[:, 3])
    target = features[:, 0] * features[:, 1] + np.sin(features[:, 2]) + rng.normal(size=count)
    features[rng.random(features.shape) < 0.1] = np.nan
    return features, target


def test_the_output_is_that_of_xgboost_to_the_last_bit():
    for objective in ("reg:squarederror", "reg:pseudohubererror"):
        parameters = PARAMETERS | {"objective": objective}
        features, target = rows(seed=0)
        table = xgboost.DMatrix(features, target.astype(np.float32), nthread=1)
        booster = xgboost.train(parameters, table, 20)
        ensemble = TreeEnsemble.fit(features, target, parameters, 20)
        for seed in (0, 1):
            unseen, _ = rows(seed)
            np.testing.assert_array_equal(ensemble.predict(unseen), booster.inplace_predict(unseen))


def test_a_tree_that_is_a_single_leaf_gives_its_output():
    features = np.zeros((50, 1), dtype=np.float32)
    ensemble = TreeEnsemble.fit(
        features, np.full(50, 2.0), PARAMETERS | {"lambda": 0.0, "eta": 1.0, "subsample": 1.0}, 1
    )
    np.testing.assert_array_equal(ensemble.predict(features), np.full(50, 2.0, dtype=np.float32))
