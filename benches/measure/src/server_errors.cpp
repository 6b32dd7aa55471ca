#include "tasker/measure/server_errors.hpp"

#include <fstream>
#include <regex>
#include <thread>

namespace tasker::measure {

server_errors::server_errors(engine& on)
    : log_{on.server().log_file()},
      from_{static_cast<std::streamoff>(std::filesystem::file_size(log_))} {}

std::map<std::string, std::uint64_t> server_errors::by_state() const {
    static std::regex const line_of_error{R"(\] ([0-9A-Z]{5}) (ERROR|FATAL|PANIC):)"};
    std::ifstream log{log_};
    log.seekg(from_);
    std::map<std::string, std::uint64_t> out;
    for (std::string line; std::getline(log, line);) {
        std::smatch found;
        if (std::regex_search(line, found, line_of_error)) {
            ++out[found[1]];
        }
    }
    return out;
}

std::uint64_t server_errors::of_locks() const {
    std::uint64_t out = 0;
    auto const all = by_state();
    for (auto const* state : {"40001", "40P01", "55P03"}) {
        auto const found = all.find(state);
        out += found == all.end() ? 0 : found->second;
    }
    return out;
}

void provoke_lock_errors(engine& on) {
    pqxx::connection first{on.dsn()};
    pqxx::connection second{on.dsn()};
    auto const try_to = [](pqxx::work& in, char const* statement) {
        try {
            in.exec(statement);
        } catch (pqxx::failure const&) { // NOLINT(bugprone-empty-catch): wanted here
        }
    };
    pqxx::work a{first};
    pqxx::work b{second};
    a.exec("set local deadlock_timeout = '50ms'");
    b.exec("set local deadlock_timeout = '50ms'");
    a.exec("select pg_advisory_xact_lock(1)");
    b.exec("select pg_advisory_xact_lock(2)");
    std::jthread waiting{[&] { try_to(a, "select pg_advisory_xact_lock(2)"); }};
    try_to(b, "select pg_advisory_xact_lock(1)");
    waiting.join();
    a.abort();
    b.abort();
    pqxx::work holder{first};
    pqxx::work refused{second};
    holder.exec("lock table tasker.workers in access exclusive mode");
    try_to(refused, "lock table tasker.workers in access exclusive mode nowait");
}

} // namespace tasker::measure
