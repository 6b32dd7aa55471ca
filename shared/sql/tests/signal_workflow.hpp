#pragma once

#include "workflow_database.hpp"

#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include <string>

namespace tasker::sql::testing {

/// A test of tasks that wait for signals.
class SignalWorkflow : public ::testing::Test {
protected:
    /// Creates a task of a new template whose step `wait` waits for the signal `go`, after `first`,
    /// and has the child `after`. `keys`: further keys of the signal, ", quorum: 2".
    std::string create_waiting(std::string const& keys = {}, std::string const& context = "{}") {
        auto task = w_.create(register_waiting(keys), context);
        finish_first();
        return task;
    }

    int register_waiting(std::string const& keys = {}) {
        return w_.register_yaml(
            "t" + std::to_string(++templates_),
            "  - {name: first, handler: {callable: h}}\n"
            "  - {name: wait, dependencies: [first], signal: {name: go" +
                keys +
                "}}\n"
                "  - {name: after, dependencies: [wait], handler: {callable: h}, "
                "join: all_done}\n");
    }

    /// Completes every step `first` that is ready.
    void finish_first() {
        for (auto const& step : w_.claim()) {
            step.name == "first" ? void(w_.finish(step, R"({"n": 1})")) : w_.release(step);
        }
    }

    static std::string signal(std::string const& task, std::string const& more = {}) {
        return "tasker.signal_task('" + task + "', 'go'" + more + ")";
    }

    /// Sends the signal `go`; its outcome, or SQLSTATE and message of the refusal. `more`: further
    /// arguments, ", p_by => 'ada'".
    std::string send(std::string const& task, std::string const& more = {}) {
        return tried("select " + signal(task, more));
    }

    /// Sends the signal `go` with a correlation key; "<delivered> <more> <kept>", or the refusal.
    std::string send_by_key(std::string const& key, std::string const& more = {}) {
        return tried("select delivered || ' ' || more || ' ' || kept from "
                     "tasker.signal_by_key('default', 'go', '" +
                     key + "'" + more + ")");
    }

    std::string tried(std::string const& query) {
        try {
            return w_.db().value<std::string>(query);
        } catch (pqxx::sql_error const& refused) {
            std::string const what = refused.what();
            auto const from = what.find(":  ") + 3;
            return refused.sqlstate() + " " + what.substr(from, what.find('\n') - from);
        }
    }

    int count(std::string const& table) {
        return w_.db().value<int>("select count(*) from tasker." + table);
    }

    std::string result_of(std::string const& task, std::string const& path = "payload") {
        return w_.shown(task, "wait", "result -> '" + path + "'");
    }

    workflow_database w_;
    int templates_ = 0;
};

} // namespace tasker::sql::testing
