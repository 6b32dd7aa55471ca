"""The Celery application: steps that do nothing. Settings: the user guide's chapter Optimizing."""

import os

from celery import Celery

app = Celery("peers", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(
    # "If you have many tasks with a short duration … a large prefetch multiplier": its example.
    worker_prefetch_multiplier=128,
    broker_connection_retry_on_startup=True,
    task_create_missing_queues=True,
    result_backend_always_retry=True,
)


@app.task
def step(*results):
    return 17
