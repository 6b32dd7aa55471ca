#pragma once

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <string>
#include <utility>
#include <vector>

namespace tasker::sql::testing {

/// The payloads of the notifications of a channel, in their order.
class payload_receiver : public pqxx::notification_receiver {
public:
    payload_receiver(pqxx::connection& listener, std::string const& name)
        : pqxx::notification_receiver{listener, name} {}

    void operator()(std::string const& payload, int) override {
        received.push_back(payload);
    }

    /// The payloads since the last call that were sent before this one.
    std::vector<std::string> take(tasker::testing::test_database& database) {
        database.exec("select pg_notify('" + channel() + "', 'last')");
        while (received.empty() || received.back() != "last") {
            if (conn().await_notification(30, 0) == 0) {
                ADD_FAILURE() << "no notification within 30 s";
                return {};
            }
        }
        auto all = std::exchange(received, {});
        all.pop_back();
        return all;
    }

    std::vector<std::string> received;
};

} // namespace tasker::sql::testing
