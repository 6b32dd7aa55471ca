# syntax=docker/dockerfile:1
# A built checkout with everything that the tests and benches need: they start a private PostgreSQL.
# Context: the top of the repository.

FROM debian:12-slim
WORKDIR /src
COPY scripts/setup scripts/*.txt scripts/
RUN scripts/setup && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 tasker && chown -R tasker: /src
COPY --chown=tasker:tasker CMakeLists.txt CMakePresets.json Makefile README.md CHANGELOG.md LICENSE ./
COPY --chown=tasker:tasker scripts scripts
COPY --chown=tasker:tasker config config
COPY --chown=tasker:tasker docs docs
COPY --chown=tasker:tasker shared shared
COPY --chown=tasker:tasker orchestration orchestration
COPY --chown=tasker:tasker worker worker
COPY --chown=tasker:tasker client client
COPY --chown=tasker:tasker benches benches
USER 10001
RUN make build
CMD ["make", "test"]
