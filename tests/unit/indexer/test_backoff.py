from indexer.backoff import backoff


def test_pauses_double_up_to_the_longest_and_are_jittered() -> None:
    for failures, longest in ((1, 2), (3, 8), (6, 60), (1_000_000, 60)):
        pauses = [backoff(failures, first=2, longest=60) for _ in range(50)]
        assert all(longest / 2 <= pause <= longest for pause in pauses)
        assert len(set(pauses)) > 1
