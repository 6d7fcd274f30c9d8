"""KD010: rules that rest on few real rows."""

CODE = "KD010"


def test_thin_leaves_are_found(overgrown, says):
    said = says(overgrown, CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    rules = overgrown["student"]["rules"]
    assert said["evidence"]["n_thin"] == sum(one["n_rows"] < 20 for one in rules)
    assert said["evidence"]["fewest_rows"] == min(one["n_rows"] for one in rules)


def test_leaves_of_many_rows_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
    assert says(clean, CODE)["evidence"]["fewest_rows"] >= 20
