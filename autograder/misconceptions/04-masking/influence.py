"""What people write for ``influence``."""

from autograder.answers.bank import Call, Given, again, both, change, right, wrong


def probes(rng):
    x = rng.normal(size=(4, 3))
    return [
        Call(Given("next_row"), x, 0.5),
        Call(Given("mean_so_far"), 1000 * x, 1e-6),
        Call(Given("mean_of_all"), x, 0.5),
        Call(Given("doubled_in_place"), x, 0.5),
        Call(Given("mean_so_far"), rng.normal(size=(3, 3)), -0.5),
        Call(Given("sum_beside_next"), x, 0.5),
    ]


inputs_as_rows = wrong(
    "Rows and columns are exchanged: [t, s] belongs to output t and input s, outputs are the rows.",
    change("found[:, s]", "found[s]"),
)

never_moved_back = wrong(
    "The inputs that you have moved stay moved. The second trial then moves two of them, and shows what either does. Start each trial from a fresh copy.",
    change("for s in range(len(x)):", "moved = x.copy()\nfor s in range(len(x)):"),
    change("moved = x.copy()", ""),
    change("f(moved)", "f(moved.copy())"),
)

up_to_a_tolerance = wrong(
    "You compare up to a tolerance, as np.allclose does, and small changes count as none. A leak through a small weight is a leak.",
    change("(f(moved) != rest).any(axis=1)", "~np.isclose(f(moved), rest).all(1)"),
)

f_gets_the_original = wrong(
    "You hand f your own x, and a function that writes into its argument changes it for all that follows. Hand it a copy.",
    change("f(x.copy())", "f(x)"),
)

compared_with_the_input = wrong(
    "You compare the output with the input instead of with the output before. Then every function that does something seems to depend on everything.",
    change("f(moved) != rest", "f(moved.copy()) != moved"),
)

unmoved_is_true = wrong(
    "Your mask says where nothing changes. True means that the output depends on the input.",
    change("!= rest).any(axis=1)", "== rest).all(1)"),
)


@wrong("You move a feature, a column of x, in all rows at once. A place is a row.")
def features_moved(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(x.shape[1]):
        moved = x.copy()
        moved[:, s] += eps
        found[:, s] = (f(moved) != rest).any(axis=1)
    return found


amount_of_change = wrong(
    "You return how much the outputs change. The question is only whether they do: yes or no.",
    change(", dtype=bool", ""),
    change("(f(moved) != rest).any(axis=1)", "np.abs(f(moved) - rest).max(1)"),
)

growth_only = wrong(
    "You look only for outputs that grow. A change downwards is a change, too.",
    change("f(moved) !=", "f(moved) >"),
)

all_features_must_change = wrong(
    "An output counts for you only where all its features change. One is enough: an output that a single feature gives away does depend on the input.",
    change("any(axis=1)", "all(axis=1)"),
)

first_feature_only = wrong(
    "You look at one feature of the outputs, or move one of the inputs. A place is a row: all of it is moved, and any of its features may show it.",
    change("(f(moved) != rest).any(axis=1)", "f(moved)[:, 0] != rest[:, 0]"),
)

first_feature_moved = again(first_feature_only, change("moved[s]", "moved[s, 0]"))


rows_never_moved_back = both(inputs_as_rows, never_moved_back)

rows_up_to_a_tolerance = both(inputs_as_rows, up_to_a_tolerance)


@right()
def columns_stacked(f, x, eps):
    rest = f(np.array(x))
    columns = []
    for s in range(x.shape[0]):
        step = np.zeros_like(x)
        step[s] = eps
        columns.append(np.abs(f(x + step) - rest).sum(axis=1) > 0)
    return np.stack(columns, axis=1)


@right()
def cell_after_cell(f, x, eps):
    n = len(x)
    found = np.zeros((n, n), dtype=bool)
    for s in range(n):
        moved = np.where(np.arange(n)[:, None] == s, x + eps, x)
        before, after = f(x.copy()), f(moved)
        for t in range(n):
            found[t, s] = not np.array_equal(before[t], after[t])
    return found
