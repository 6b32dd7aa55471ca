# syntax=docker/dockerfile:1
# tasker-orchestrator, and the program tasker (migrate, health). Context: the top of the repository.
# The build stage equals that of worker.Dockerfile line by line, so that docker builds it once.

FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/setup scripts/*.txt scripts/
RUN scripts/setup --build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY scripts scripts
COPY shared shared
COPY orchestration orchestration
COPY worker worker
COPY client client
ARG TASKER_COMMIT=unknown
RUN cmake --preset release && ninja -C build/release tasker tasker-orchestrator tasker-worker

FROM debian:12-slim
COPY scripts/setup /tmp/tasker/scripts/setup
RUN /tmp/tasker/scripts/setup --minimal && rm -rf /tmp/tasker /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin tasker
COPY --from=build /src/build/release/bin/tasker-orchestrator /src/build/release/bin/tasker /usr/local/bin/
ENV TASKER_ORCHESTRATOR_LISTEN=0.0.0.0:8080 TASKER_LOG_FORMAT=json
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["tasker", "health", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["tasker-orchestrator"]
