"""The handlers of the examples in config/templates.

    tasker dev --worker-program worker/python/examples/handlers.py
"""

from business_handlers import *  # noqa: F403
from data_handlers import *  # noqa: F403
