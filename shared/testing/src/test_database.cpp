#include "tasker/testing/test_database.hpp"

#include "databases.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <optional>
#include <random>

namespace tasker::testing {

namespace {

constexpr std::chrono::milliseconds longest_silence{200};

/// No other process of the same server ever creates the same name.
std::string unique_name() {
    static std::atomic<int> count = 0;
    static unsigned const process = std::random_device{}();
    return fmt::format("test_{:08x}_{}", process, ++count);
}

/// Only wait_until needs this: a notification at every commit would order the commits of the
/// sessions under test. One statement per transaction: holding the lock of one table while waiting
/// for the other would deadlock with sessions that take them in another order.
constexpr std::array announce_changes{
    "create function tasker_test.announce() returns trigger language plpgsql as "
    "$$ begin perform pg_notify('tasker_test_change', ''); return null; end; $$",
    "create trigger announce after insert or update of state on tasker.tasks "
    "for each statement execute function tasker_test.announce()",
    "create trigger announce after insert or update of state on tasker.steps "
    "for each statement execute function tasker_test.announce()",
};

} // namespace

struct test_database::state {
    std::string name = unique_name();
    std::string dsn = with_database(server_dsn(), name);
    std::optional<pqxx::connection> session = {};
    bool is_announcing = false;

    /// `options`: of `create database`.
    explicit state(std::string const& options) {
        pqxx::connection admin{server_dsn()};
        run_alone(admin, "create database " + name + options);
    }
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state() {
        session.reset();
        try {
            pqxx::connection admin{server_dsn()};
            run_alone(admin, "drop database " + name + " with (force)");
        } catch (std::exception const& failure) {
            // The whole cluster is removed at the end; a test must not fail because of this.
            fmt::print(stderr, "{}", failure.what());
        }
    }
};

test_database::test_database() : state_{std::make_unique<state>(" template " + template_name())} {}

test_database::test_database(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}

test_database test_database::empty(std::string const& options) {
    return test_database{std::make_unique<state>(" " + options)};
}

test_database::test_database(test_database&&) noexcept = default;
test_database& test_database::operator=(test_database&&) noexcept = default;
test_database::~test_database() = default;

std::string const& test_database::dsn() const noexcept {
    return state_->dsn;
}

std::string const& test_database::name() const noexcept {
    return state_->name;
}

pqxx::connection& test_database::connection() {
    if (!state_->session) {
        state_->session.emplace(state_->dsn);
    }
    return *state_->session;
}

pqxx::result test_database::exec(std::string const& statements) {
    pqxx::work work{connection()};
    pqxx::result rows = work.exec(statements);
    work.commit();
    return rows;
}

bool test_database::wait_until(deadline until, std::string const& condition) {
    if (!std::exchange(state_->is_announcing, true)) {
        for (auto const* statement : announce_changes) {
            exec(statement);
        }
        run_alone(connection(), "listen tasker_test_change");
    }
    while (!value<bool>(condition)) {
        auto const left = std::chrono::ceil<std::chrono::microseconds>(until - steady_clock::now());
        if (left.count() <= 0) {
            return false;
        }
        // Not every condition is about states.
        auto const wait = std::min<std::chrono::microseconds>(left, longest_silence);
        connection().await_notification(0, static_cast<long>(wait.count()));
    }
    return true;
}

void suspend_transition_guard(pqxx::connection& session) {
    run_alone(session, "set session_replication_role = replica");
}

} // namespace tasker::testing
