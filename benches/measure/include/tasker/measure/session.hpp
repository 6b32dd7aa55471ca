#pragma once

#include "tasker/measure/clock.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tasker::measure {

/// A connection of room pg that one thread uses in a blocking way: the calls of the services,
/// without the services.
///
///     auto const steps = on.run(queue::claim(on.connection(), request, on.soon()));
///
/// Threads: one.
/// Errors: throws std::runtime_error with the error's text.
class session {
public:
    explicit session(std::string const& dsn, bool durable_commits = true);
    session(session const&) = delete;
    session& operator=(session const&) = delete;
    ~session() = default;

    void swap(session& other) noexcept {
        std::swap(io_, other.io_);
        std::swap(connection_, other.connection_);
        std::swap(backend_, other.backend_);
    }

    pg::connection& connection() noexcept {
        return *connection_;
    }

    /// A deadline that nothing should reach.
    static deadline soon() {
        return steady_clock::now() + std::chrono::seconds{120};
    }

    /// Runs it to its end. Errors: its exceptions, and its error as std::runtime_error.
    template <class T>
    T run(boost::asio::awaitable<result<T>> what) {
        return await(std::move(what)).value();
    }

    /// Runs it to its end; its error is returned.
    template <class T>
    T await(boost::asio::awaitable<T> what) {
        std::exception_ptr thrown;
        std::optional<T> value;
        boost::asio::co_spawn(*io_, store(std::move(what), value),
                              [&](std::exception_ptr failure) { thrown = std::move(failure); });
        io_->restart();
        while (!value && !thrown && io_->run_one() > 0) {
        }
        if (thrown) {
            std::rethrow_exception(thrown);
        }
        return std::move(value).value();
    }

    /// How long something takes on this connection, and how long the server is at work for it.
    template <class Function>
    timing timed(Function&& what) {
        if (!backend_) {
            return measure::timed(what);
        }
        double const before = backend_->at_rest_ms();
        auto out = measure::timed(what);
        out.work_ms = backend_->at_rest_ms() - before;
        return out;
    }

    /// One statement without parameters.
    pg::rows query(pg::statement const& what);

private:
    template <class T>
    static boost::asio::awaitable<void> store(boost::asio::awaitable<T> what,
                                              std::optional<T>& value) {
        value.emplace(co_await std::move(what));
    }

    std::unique_ptr<boost::asio::io_context> io_; ///< destroyed after its connection
    std::optional<pg::connection> connection_;
    std::optional<cpu_clock> backend_;
};

} // namespace tasker::measure
