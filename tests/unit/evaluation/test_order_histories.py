import random

from es_mappings.co_purchases import LEAST_TOGETHER, CoPurchase
from evaluation.order_histories import PARTNERS, Complements, CountedOrders

CATEGORIES = {f"{kind}-{n}": f"{kind}/{kind} {n % 2}" for kind in ("Dresses", "Shoes", "Toys") for n in range(8)}


def test_known_complements_are_of_another_top_category_and_are_ordered_with_their_product() -> None:
    draw = random.Random(1)
    truth = Complements.drawn(CATEGORIES, draw)
    for product, partners in truth.of.items():
        assert len(set(partners)) == PARTNERS
        assert len({partner.partition("-")[0] for partner in partners} - {product.partition("-")[0]}) == 1
    counted = CountedOrders(CATEGORIES)
    for order in truth.orders(4_000, sorted(CATEGORIES), draw):
        counted.add(order)
    best = max(counted.read("product", ["Dresses-0"]), key=lambda pair: pair.affinity)
    assert best.partner in truth.of["Dresses-0"]
    assert best.orders == counted.orders_of("Dresses-0")
    assert best.together >= LEAST_TOGETHER


def test_counts_are_those_of_orders() -> None:
    counted = CountedOrders(CATEGORIES)
    for order in [["Toys-0", "Shoes-0"]] * 3 + [["Toys-0", "Shoes-1"], ["Shoes-0", "Shoes-1"]]:
        counted.add(order)
    [pair] = counted.read("product", ["Toys-0"])
    assert pair == CoPurchase("Toys-0", "Shoes-0", 3, 4, 4, 5)
    [pair] = counted.read("category", ["Toys/Toys 0"])
    assert pair == CoPurchase("Toys/Toys 0", "Shoes/Shoes 0", 3, 4, 4, 5)
