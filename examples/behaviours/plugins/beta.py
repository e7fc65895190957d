import decimal


def price():
    return decimal.Decimal("2.50")
