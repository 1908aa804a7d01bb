import pytest

from parcel_desk.models import Address, Parcel, Status
from parcel_desk.store import Store


@pytest.fixture
def address():
    return Address("M. Visser", "Kade 12", "Amsterdam", "1043 AB")


@pytest.fixture
def make_parcel(address):
    def make(reference="P-1", grams=1200, **changes):
        fields = {"recipient": address, "status": Status.BOOKED, **changes}
        return Parcel(reference, weight_grams=grams, **fields)

    return make


@pytest.fixture
def desk():
    store = Store()
    yield store
    store.close()
