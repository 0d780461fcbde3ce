"""The small worlds of the flows and of delivery, for tests of the arbiter alone."""

from tests.flows.conftest import quiet_nights, two_a_week  # noqa: F401
from tests.flows.conftest import world as flow  # noqa: F401
from tests.orchestrator.channels.conftest import clock, smtp, world  # noqa: F401
