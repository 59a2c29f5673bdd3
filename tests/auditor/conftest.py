"""The journals that are audited."""

import pytest

from tests.auditor.journals import LATCHED, demo, killed, made_once, shop


@pytest.fixture(scope="session")
def latched(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A demo that trips its daily loss on the first day, is cleared on the second, and trips the drawdown."""
    return made_once(tmp_path_factory, "latched", lambda folder: demo(folder, *LATCHED))


@pytest.fixture(scope="session")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A demo killed twice on its way."""
    return made_once(
        tmp_path_factory,
        "restarted",
        lambda folder: killed(folder, (15, 35), "--sessions", "1", "--seed", "1"),
    )


@pytest.fixture(scope="session")
def shopped(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two strategies, two sessions, flat at each close."""
    return made_once(tmp_path_factory, "shopped", lambda folder: shop(folder, "close"))


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The same, positions held over night, through a dividend and a split."""
    return made_once(tmp_path_factory, "held", lambda folder: shop(folder, "never"))
