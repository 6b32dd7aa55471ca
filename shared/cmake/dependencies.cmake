# External packages, found once. All of them are Debian packages (scripts/setup installs them);
# their headers are system headers.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG)
find_package(CURL 7.88 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET GLOBAL libpqxx)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET GLOBAL re2)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET GLOBAL libutf8proc)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(simdjson REQUIRED)
if(NOT TASKER_ONLY_PROGRAMS)
    find_package(benchmark REQUIRED)
    find_package(GTest REQUIRED)
    find_package(Python3 COMPONENTS Interpreter REQUIRED)
    include(GoogleTest)
endif()

set(TASKER_PGMQ_DIR ${PROJECT_SOURCE_DIR}/.cache/pgmq/1.11.1 CACHE PATH
    "Directory with pgmq--1.11.1.sql")
if(NOT EXISTS ${TASKER_PGMQ_DIR}/pgmq--1.11.1.sql)
    message(FATAL_ERROR "PGMQ is not in ${TASKER_PGMQ_DIR}: run scripts/setup, "
                        "or set TASKER_PGMQ_DIR")
endif()
