from maskwatch.pipeline.slot import LatestSlot


def test_the_newest_wins_and_is_taken_once() -> None:
    slot: LatestSlot[int] = LatestSlot()
    assert slot.take() is None
    assert not slot.put(1)
    assert slot.put(2)
    assert slot.take() == 2
    assert slot.take() is None
    assert not slot.put(3)
