#include "command_line.hpp"

#include "report.hpp"

#include "tasker/sql/migrator.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <memory>
#include <string>

namespace tasker::cli {

namespace {

struct migrate_words {
    std::string database_url;
    bool only_checks = false;
};

std::string to_json(sql::migration_report const& report) {
    nlohmann::ordered_json const fields{
        {"from", report.from},
        {"to", report.to},
        {"applied", report.applied},
        {"dropped_functions", report.dropped_functions},
        {"functions_replaced", report.functions_replaced},
        {"pgmq", report.pgmq == sql::pgmq_form::extension ? "extension" : "plain_sql"},
        {"pgmq_created", report.pgmq_created}};
    return fields.dump() + '\n';
}

std::string to_text(sql::migration_report const& report) {
    if (report.did_nothing()) {
        return fmt::format("Nothing to do: the schema is at version {}.\n", report.to);
    }
    std::string text;
    if (report.pgmq_created) {
        text +=
            fmt::format("created PGMQ ({})\n",
                        report.pgmq == sql::pgmq_form::extension ? "extension" : "its plain SQL");
    }
    for (auto const& name : report.applied) {
        text += "applied " + name + '\n';
    }
    for (auto const& name : report.dropped_functions) {
        text += "dropped " + name + '\n';
    }
    if (report.functions_replaced) {
        text += "replaced the functions\n";
    }
    return text + fmt::format("The schema is at version {}.\n", report.to);
}

exit_code fail(error const& problem) {
    fmt::print(stderr, "tasker: {}\n", problem.message);
    if (problem.code == tasker::errc::invalid_argument) {
        return exit_code::usage;
    }
    return problem.code == sql::errc::could_not_connect ? exit_code::unreachable
                                                        : exit_code::failed;
}

exit_code check(command_line const& line, std::string const& dsn) {
    auto const checked = sql::check(dsn);
    if (line.wants_json()) {
        nlohmann::ordered_json fields{{"ready", checked.has_value()}};
        if (checked.has_error()) {
            fields["problem"] = checked.error().message;
        }
        print(fields.dump() + '\n');
    } else if (checked.has_value()) {
        print("The database is ready.\n");
    }
    return checked.has_error() ? fail(checked.error()) : exit_code::ok;
}

exit_code migrate(command_line const& line, migrate_words const& words) {
    auto dsn = words.database_url;
    if (auto const* const variable = std::getenv("DATABASE_URL");
        dsn.empty() && variable != nullptr) {
        dsn = variable;
    }
    if (dsn.empty()) {
        return report_usage("no database given: use --database-url or set DATABASE_URL");
    }
    if (words.only_checks) {
        return check(line, dsn);
    }
    auto const report = sql::migrate(dsn);
    if (report.has_error()) {
        return fail(report.error());
    }
    print(line.wants_json() ? to_json(*report) : to_text(*report));
    return exit_code::ok;
}

} // namespace

void add_database_commands(command_line& line) {
    auto const words = std::make_shared<migrate_words>();
    auto& added = line.add_command(
        line.root(), "migrate", "Make or update Tasker's schema in a PostgreSQL database",
        "tasker migrate --database-url postgresql://tasker@db.example/tasker",
        [&line, words] { return migrate(line, *words); });
    added
        .add_option("--database-url", words->database_url,
                    "URI or key=value (default: $DATABASE_URL)")
        ->type_name("DSN");
    added.add_flag("--check", words->only_checks,
                   "Change nothing; exit with 1 if the schema needs a migration");
}

} // namespace tasker::cli
