from xml.etree import ElementTree

import numpy as np
import pytest

from forecasting.closure.hmm.chain import HiddenChain
from forecasting.closure.hmm.journey import Journey
from forecasting.closure.hmm.words import describe_states, expected_visits, journey_svg


@pytest.fixture
def journey() -> Journey:
    """Stage s, left for t or lost; t is won or lost. Later phases are not used, but for a tenth of s."""
    step = np.zeros((8, 8))
    step[0, [0, 1, 3, 7]] = [0.5, 0.05, 0.25, 0.2]
    step[1, [1, 7]] = [0.9, 0.1]
    step[3, [6, 7]] = [0.75, 0.25]
    step[[2, 4, 5], 7] = 1.0
    step[6, 6] = step[7, 7] = 1.0
    emit = np.zeros((8, 4))
    emit[np.arange(6), np.arange(6) // 3] = 1.0
    emit[6, 2] = emit[7, 3] = 1.0
    start = np.eye(8)[0]
    return Journey(HiddenChain(8, 4).begin(start, step, emit), ("s <1>", "t"), 10)


def test_states_are_told_by_hand(journey) -> None:
    table = describe_states(journey)
    assert table["stage"].tolist() == ["s <1>", "s <1>", "t"]
    assert expected_visits(journey)[[0, 1, 3]] == pytest.approx([1.0, 0.1, 0.5])
    # Half of those who leave s go to t, of which three in four are won.
    assert table["win_chance"].tolist() == pytest.approx([0.375, 0.0, 0.75])
    assert table["days"].tolist() == pytest.approx([1.0, 10.0, 0.0])
    assert table["in_words"].tolist() == [
        "s <1>, phase 1: stays 1.0 days, then t 50 %, lost 40 %; 38 % are won from here.",
        "s <1>, phase 2: stays 10.0 days, then lost 100 %; 0 % are won from here.",
        "t, phase 1: goes on the same day: won 75 %, lost 25 %; 75 % are won from here.",
    ]


def test_the_picture_is_sound_xml_with_a_circle_a_state(journey) -> None:
    root = ElementTree.fromstring(journey_svg(journey))
    space = "{http://www.w3.org/2000/svg}"
    circles = root.findall(f"{space}circle")
    assert len(circles) == 3
    assert circles[0].find(f"{space}title").text == describe_states(journey)["in_words"].iloc[0]
    assert journey_svg(journey) == journey_svg(journey)
