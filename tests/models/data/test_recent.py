"""Values in memory: the least recently used go, the last one never."""

from models.data.recent import Recent


def test_the_least_recently_used_go():
    recent: Recent[str] = Recent(10)
    recent.keep("a", "A", 4)
    recent.keep("b", "B", 4)
    assert recent.get("a") == "A"
    recent.keep("c", "C", 4)
    assert [recent.get(key) for key in "abc"] == ["A", None, "C"]
    recent.keep("a", "again", 6)
    assert [recent.get(key) for key in "abc"] == ["again", None, "C"]


def test_one_that_is_larger_than_the_limit_stays_alone():
    recent: Recent[str] = Recent(10)
    recent.keep("a", "A", 4)
    recent.keep("b", "B", 40)
    assert (len(recent), recent.get("a"), recent.get("b")) == (1, None, "B")
