#include "tasker/measure/session.hpp"

namespace tasker::measure {

session::session(std::string const& dsn, bool durable_commits)
    : io_{std::make_unique<boost::asio::io_context>(1)} {
    pg::connect_options options{
        .dsn = dsn, .application_name = "tasker-bench", .durable_commits = durable_commits};
    auto opened = await(pg::connection::open(io_->get_executor(), std::move(options), soon()));
    connection_.emplace(std::move(opened).value());
    backend_ = cpu_clock::of_backend(connection_->backend_pid());
}

pg::rows session::query(pg::statement const& what) {
    return run(connection_->run({what}, soon()));
}

} // namespace tasker::measure
