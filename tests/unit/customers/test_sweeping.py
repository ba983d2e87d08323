from vitrine.services.customers.app import SWEEP_S, until_next_sweep_s


def test_sweeps_of_many_customers_take_a_tenth_of_the_time() -> None:
    assert until_next_sweep_s(0.5) == SWEEP_S == 60
    assert until_next_sweep_s(30) == 300
