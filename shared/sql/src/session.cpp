#include "session.hpp"

#include "statements.hpp"

#include "tasker/pg/dsn.hpp"
#include "tasker/pg/session_settings.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tasker::sql {

namespace {

constexpr int oldest_server = 140000;
constexpr char const* lock_not_available = "55P03";

/// libpq's messages end with a line break.
std::string without_line_end(std::string message) {
    while (message.ends_with('\n')) {
        message.pop_back();
    }
    return message;
}

std::string join_dsn(pg::dsn_settings const& settings) {
    std::string dsn;
    for (auto const& [name, value] : settings) {
        dsn += name + "='";
        for (char const c : value) {
            dsn += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
        }
        dsn += "' ";
    }
    return dsn;
}

/// The server's "LINE 7: …" counts from the start of the statement. Only the position in messages
/// depends on this; without it, it is the statement's first line.
int line_in_statement(std::string_view message) {
    constexpr std::string_view mark = "\nLINE ";
    auto const at = message.find(mark);
    int line = 1;
    if (at != std::string_view::npos) {
        std::from_chars(message.data() + at + mark.size(), message.data() + message.size(), line);
    }
    return line;
}

void require_utf8(pqxx::connection& session, std::string const& encoding) {
    if (encoding != "UTF8") {
        throw failure{
            errc::wrong_encoding,
            fmt::format("{} has encoding {}, and Tasker needs UTF8: create another database with "
                        "`create database NAME encoding 'UTF8' template template0`",
                        describe(session), encoding)};
    }
}

void require_writable(pqxx::connection& session, bool is_standby, bool is_read_only) {
    if (is_standby) {
        throw failure{errc::read_only,
                      fmt::format("{} is a standby, which accepts no changes: name the primary in "
                                  "the database URL, or name all servers and add "
                                  "target_session_attrs=read-write",
                                  describe(session))};
    }
    if (is_read_only) {
        throw failure{errc::read_only,
                      fmt::format("{} accepts no changes: default_transaction_read_only is on. "
                                  "Reset it for the role {}, the database or the server",
                                  describe(session), session.username())};
    }
}

/// A pooler reports a process id other than the server's. If one server process serves two open
/// sessions, the pooler assigns it for each transaction.
void require_own_session(pqxx::connection& session, int serving_pid, std::string const& dsn) {
    if (serving_pid == session.backendpid()) {
        return;
    }
    pqxx::connection another{dsn};
    if (pqxx::nontransaction{another}.exec1("select pg_backend_pid()")[0].as<int>() ==
        serving_pid) {
        throw failure{
            make_error(tasker::errc::invalid_argument,
                       fmt::format("{} is behind a pooler in transaction mode, which Tasker cannot "
                                   "use: choose session mode, or connect to the server itself",
                                   describe(session)))};
    }
}

void require_suitable(pqxx::connection& session, std::string const& dsn) {
    if (session.server_version() < oldest_server) {
        throw failure{errc::server_too_old,
                      fmt::format("{} is PostgreSQL {}; Tasker needs 14 or later",
                                  describe(session), session.server_version() / 10000)};
    }
    auto const found = pqxx::nontransaction{session}.exec1(
        "select current_setting('server_encoding'), pg_is_in_recovery(), "
        "current_setting('transaction_read_only')::boolean, pg_backend_pid()");
    require_utf8(session, found[0].as<std::string>());
    require_writable(session, found[1].as<bool>(), found[2].as<bool>());
    require_own_session(session, found[3].as<int>(), dsn);
}

} // namespace

std::unique_ptr<pqxx::connection> connect(std::string const& dsn) {
    auto parsed = pg::parse_dsn(dsn);
    if (!parsed) {
        throw failure{parsed.error()};
    }
    auto& settings = *parsed;
    settings.try_emplace("connect_timeout", "10");
    settings.try_emplace("application_name", "tasker-migrate");
    std::unique_ptr<pqxx::connection> session;
    try {
        session = std::make_unique<pqxx::connection>(join_dsn(settings));
    } catch (pqxx::broken_connection const& refused) {
        auto const final = pg::final_refusal(refused.what());
        throw failure{
            final ? *final : make_error(errc::could_not_connect, without_line_end(refused.what()))};
    }
    require_suitable(*session, join_dsn(settings));
    return session;
}

void prepare_for_migration(pqxx::connection& session, std::chrono::milliseconds lock_limit) {
    pqxx::nontransaction work{session};
    work.exec("set client_min_messages = warning");
    work.exec("set search_path = pg_catalog");
    for (auto const& [name, value] : pg::session_settings) {
        work.exec_params("select set_config($1, $2, false)", name, value);
    }
    work.exec("set statement_timeout = 0");
    work.exec("set idle_in_transaction_session_timeout = 0");
    work.exec("set lock_timeout = " + std::to_string(lock_limit.count()));
}

void run_script(pqxx::transaction_base& transaction, script const& source) {
    for (statement const& one : split_statements(source.text)) {
        try {
            transaction.exec(std::string{one.text});
        } catch (pqxx::sql_error const& refused) {
            std::string_view const message = refused.what();
            int const line = one.line + line_in_statement(message) - 1;
            errc const code =
                refused.sqlstate() == lock_not_available ? errc::busy : errc::script_failed;
            throw failure{code, fmt::format("{}:{}: {}", source.name, line, message)};
        }
    }
}

std::string describe(pqxx::connection& session) {
    auto const text = [](char const* value) { return value != nullptr ? value : "?"; };
    return fmt::format("database {} on {}", text(session.dbname()), text(session.hostname()));
}

} // namespace tasker::sql
