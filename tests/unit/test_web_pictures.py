"""The picture of a call and the chart of an elder's scores."""

import wave
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.weights import load_weights
from web.score_chart import HEIGHT, WIDTH, score_chart
from web.wave_picture import HALF, NoPictureError, draw
from web.wave_picture import WIDTH as WAVE_WIDTH

BANDS = load_weights().bands
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def write(path, samples, *, channels=2, width=2):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes()[: len(samples) * channels * width])
    return path


def columns(path_data):
    """(x, height) of every bar of an SVG path."""
    bars = [piece.split("v") for piece in path_data.split("M")[1:]]
    return [(float(place.split()[0]), float(height)) for place, height in bars]


def test_the_robot_is_drawn_above_and_the_elder_below_where_each_speaks(tmp_path):
    sound = np.zeros((8000 * 4, 2))
    sound[: 8000 * 2, 0] = 9000
    sound[8000 * 2 :, 1] = 3000
    picture = draw(write(tmp_path / "call.wav", sound))
    robot, elder = columns(picture.robot), columns(picture.elder)
    assert all(x < WAVE_WIDTH / 2 and height < 0 for x, height in robot)
    assert all(x > WAVE_WIDTH / 2 and height > 0 for x, height in elder)
    assert picture.seconds == 4.0


def test_a_soft_voice_is_drawn_as_high_as_a_loud_one(tmp_path):
    sound = np.zeros((8000, 2))
    sound[:, 0], sound[:, 1] = 20000, 600
    picture = draw(write(tmp_path / "call.wav", sound))
    assert columns(picture.elder)[0][1] == pytest.approx(-columns(picture.robot)[0][1])
    assert columns(picture.elder)[0][1] <= HALF


def test_line_noise_alone_stays_small(tmp_path):
    sound = np.random.default_rng(1).normal(0, 8, (8000, 2))
    picture = draw(write(tmp_path / "call.wav", sound))
    assert all(abs(height) < HALF / 4 for _, height in columns(picture.elder))


def test_a_recording_of_one_channel_has_no_elder_side(tmp_path):
    picture = draw(write(tmp_path / "call.wav", np.full(8000, 5000), channels=1))
    assert picture.robot
    assert picture.elder == ""


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is no sound at all"])
def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(NoPictureError, match=r"broken\.wav"):
        draw(path)


def test_an_empty_recording_and_one_of_eight_bits_are_refused(tmp_path):
    with pytest.raises(NoPictureError, match="holds no sound"):
        draw(write(tmp_path / "empty.wav", np.zeros((0, 2))))
    with pytest.raises(NoPictureError, match="not 16-bit"):
        draw(write(tmp_path / "old.wav", np.zeros((100, 2)), width=1))


@given(st.floats(-100, 1000, allow_nan=False))
def test_no_moment_lies_outside_the_picture(tmp_path_factory, second):
    path = tmp_path_factory.getbasetemp() / "one.wav"
    if not path.exists():
        write(path, np.full((8000, 2), 100))
    assert 0 <= draw(path).x(second) <= WAVE_WIDTH


def test_an_elder_without_scores_has_no_chart():
    assert score_chart([], BANDS) is None


def test_a_single_score_stands_in_the_middle_without_a_line():
    chart = score_chart([(NOW, 10.0, "green")], BANDS)
    assert chart.points[0].x == WIDTH / 2
    assert chart.line == ""


def test_worse_is_higher():
    chart = score_chart([(NOW, 5.0, "green"), (NOW + timedelta(days=7), 95.0, "red")], BANDS)
    assert chart.points[1].y < chart.points[0].y


def test_the_strips_cover_the_chart_without_gaps_and_each_score_lies_in_its_own():
    chart = score_chart([(NOW, score, "") for score in (0.0, 19.9, 20.0, 50.0, 80.0, 100.0)], BANDS)
    assert sum(band.height for band in chart.bands) == pytest.approx(HEIGHT)
    for point in chart.points:
        level = BANDS.level(point.score).label
        band = next(band for band in chart.bands if band.level == level)
        assert band.y - 0.2 <= point.y <= band.y + band.height + 0.2
