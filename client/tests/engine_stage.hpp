#pragma once

#include "tasker/base/time.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace tasker::engine {

/// A step that runs in a worker and waits for the test to decide its end (handler stage.play).
/// Lifetime: its destructor closes the connection, so the step fails.
/// Errors: throws std::runtime_error.
class actor {
public:
    explicit actor(int connection);
    actor(actor&& other) noexcept;
    actor& operator=(actor&&) = delete;
    ~actor();

    std::string const& task() const noexcept {
        return task_;
    }
    std::string const& step() const noexcept {
        return step_;
    }
    int delivery() const noexcept {
        return delivery_;
    }

    /// {"result": value}, {"retry": "message"}, {"fail": "message"} or {"throw": "message"}.
    void answer(std::string_view json);

    /// Waits until the step has gone: cancelled, or its worker has ended. False if the deadline
    /// passes.
    bool wait_until_gone(deadline until);

private:
    int connection_;
    std::string task_;
    std::string step_;
    int delivery_ = 0;
};

/// The socket to which steps with the handler stage.play connect. Errors: throws
/// std::runtime_error.
class stage {
public:
    explicit stage(std::filesystem::path socket);
    stage(stage const&) = delete;
    stage& operator=(stage const&) = delete;
    ~stage();

    std::filesystem::path const& socket() const noexcept {
        return socket_;
    }

    /// Waits for the next step that runs.
    actor next(deadline until);

private:
    std::filesystem::path socket_;
    int listening_;
};

} // namespace tasker::engine
