"""Tasker: workflows on PostgreSQL. Handlers in Python, run by the C++ worker in this process.

    import tasker

    @tasker.step("order.validate")
    def validate(context):
        return {"total": sum(item["price"] for item in context["items"])}

    tasker.Worker(database_url="postgresql://localhost/tasker").run()
"""

try:
    from . import _native
except ImportError as problem:
    from ._installation import explained

    raise explained(problem) from None
from ._children import children
from ._dead_letters import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterGroup,
    DeadLetterGroups,
    DeadLetterOutcome,
)
from ._finish import finish
from ._logging import LogHandler
from ._native import Step
from ._native import version as __version__
from ._registry import step
from .async_client import AsyncClient
from .cli import run_program
from .client import Client, NewTask
from .errors import (
    ApiError,
    Cancelled,
    Conflict,
    FailTask,
    InvalidInput,
    NotFound,
    Permanent,
    Refused,
    Retry,
    TaskerError,
    TaskFailed,
    Unavailable,
    Unreachable,
    WorkerError,
)
from .models import (
    Attempt,
    Explanation,
    Finding,
    ItemView,
    Parent,
    Pause,
    Problem,
    Progress,
    SignalWait,
    StepView,
    Task,
    TaskRerun,
    TemplateView,
    UndoneStep,
    UserAction,
    WorkerView,
)
from .template import (
    Event,
    Form,
    Hook,
    Map,
    Repeat,
    RetryPolicy,
    Settings,
    Template,
    TemplateStep,
)
from .worker import Worker

_native.load_parts()

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attempt",
    "Cancelled",
    "Client",
    "Conflict",
    "DeadLetter",
    "DeadLetterFilter",
    "DeadLetterGroup",
    "DeadLetterGroups",
    "DeadLetterOutcome",
    "Event",
    "Explanation",
    "FailTask",
    "Finding",
    "Form",
    "Hook",
    "InvalidInput",
    "ItemView",
    "LogHandler",
    "Map",
    "NewTask",
    "NotFound",
    "Parent",
    "Pause",
    "Permanent",
    "Problem",
    "Progress",
    "Refused",
    "Repeat",
    "Retry",
    "RetryPolicy",
    "Settings",
    "SignalWait",
    "Step",
    "StepView",
    "Task",
    "TaskFailed",
    "TaskRerun",
    "TaskerError",
    "Template",
    "TemplateStep",
    "TemplateView",
    "Unavailable",
    "UndoneStep",
    "Unreachable",
    "UserAction",
    "Worker",
    "WorkerError",
    "WorkerView",
    "__version__",
    "children",
    "finish",
    "run_program",
    "step",
]
