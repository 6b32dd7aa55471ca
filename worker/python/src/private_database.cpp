#include "private_database.hpp"

#include "forked_child.hpp"

#include "tasker/private_postgres/private_cluster.hpp"
#include "tasker/sql/migrator.hpp"

#include <libpq-fe.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace py = pybind11;

namespace tasker::python {

namespace {

constexpr std::chrono::seconds stop_limit{10};

/// A server with the schema of Tasker. It loses its data when it stops, or when this process ends.
///
/// Threads: one at a time. A forked child leaves it to its parent, and may open sessions.
class private_server {
public:
    /// Errors: std::runtime_error, for example if PostgreSQL is not installed.
    explicit private_server(std::filesystem::path folder) {
        auto opened = private_postgres::private_cluster::open({.folder = std::move(folder),
                                                               .is_durable = false,
                                                               .max_connections = 50,
                                                               .shared_buffers_mb = 32});
        if (!opened) {
            throw std::runtime_error{opened.error().message};
        }
        cluster_ = std::make_unique<private_postgres::private_cluster>(std::move(*opened));
        if (auto const migrated = sql::migrate(cluster_->dsn()); !migrated) {
            throw std::runtime_error{migrated.error().message};
        }
    }

    private_server(private_server const&) = delete;
    private_server& operator=(private_server const&) = delete;

    ~private_server() {
        if (forks_ != fork_count()) {
            static_cast<void>(cluster_.release());
        }
    }

    std::string dsn() const {
        return cluster_->dsn() + " options='-c search_path='";
    }

    /// Also removes its files. No effect in a forked child.
    void stop() {
        if (forks_ == fork_count()) {
            auto const until = steady_clock::now() + stop_limit;
            static_cast<void>(cluster_->stop(private_postgres::shutdown::immediate, until));
            std::error_code ignored;
            std::filesystem::remove_all(cluster_->folder(), ignored);
        }
    }

private:
    int forks_ = fork_count();
    std::unique_ptr<private_postgres::private_cluster> cluster_;
};

struct session_closer {
    void operator()(PGconn* session) const noexcept {
        PQfinish(session);
    }
};

struct result_closer {
    void operator()(PGresult* result) const noexcept {
        PQclear(result);
    }
};

/// Threads: one at a time.
class database_session {
public:
    /// Errors: std::runtime_error.
    explicit database_session(std::string const& dsn) : session_{PQconnectdb(dsn.c_str())} {
        if (PQstatus(session_.get()) != CONNECTION_OK) {
            throw std::runtime_error{PQerrorMessage(session_.get())};
        }
    }

    database_session(database_session const&) = delete;
    database_session& operator=(database_session const&) = delete;

    /// A forked child does not close the session of its parent.
    ~database_session() {
        if (forks_ != fork_count()) {
            static_cast<void>(session_.release());
        }
    }

    /// The only row of a query, with its parameters as text.
    /// Errors: std::invalid_argument if the server refuses it; std::runtime_error if the session is
    /// lost.
    std::vector<std::optional<std::string>>
    row(std::string const& query, std::vector<std::optional<std::string>> const& parameters) {
        std::vector<char const*> values;
        values.reserve(parameters.size());
        for (auto const& each : parameters) {
            values.push_back(each ? each->c_str() : nullptr);
        }
        std::unique_ptr<PGresult, result_closer> const found{
            PQexecParams(session_.get(), query.c_str(), static_cast<int>(values.size()), nullptr,
                         values.data(), nullptr, nullptr, 0)};
        if (PQstatus(session_.get()) != CONNECTION_OK) {
            throw std::runtime_error{PQerrorMessage(session_.get())};
        }
        if (PQresultStatus(found.get()) != PGRES_TUPLES_OK || PQntuples(found.get()) != 1) {
            char const* const reason = PQresultErrorField(found.get(), PG_DIAG_MESSAGE_PRIMARY);
            throw std::invalid_argument{reason != nullptr ? reason : "the query has not one row"};
        }
        std::vector<std::optional<std::string>> columns;
        for (int column = 0; column < PQnfields(found.get()); ++column) {
            if (PQgetisnull(found.get(), 0, column) != 0) {
                columns.emplace_back();
            } else {
                columns.emplace_back(
                    std::string{PQgetvalue(found.get(), 0, column),
                                static_cast<std::size_t>(PQgetlength(found.get(), 0, column))});
            }
        }
        return columns;
    }

private:
    int forks_ = fork_count();
    std::unique_ptr<PGconn, session_closer> session_;
};

} // namespace

void bind_private_database(py::module_& module) {
    using others = py::call_guard<py::gil_scoped_release>;
    py::class_<private_server>(module, "PrivateServer")
        .def(py::init<std::filesystem::path>(), py::arg("folder"), others{})
        .def_property_readonly("dsn", &private_server::dsn)
        .def("stop", &private_server::stop, others{});
    py::class_<database_session>(module, "DatabaseSession")
        .def(py::init<std::string const&>(), py::arg("dsn"), others{})
        .def("row", &database_session::row, py::arg("query"), py::arg("parameters"), others{});
}

} // namespace tasker::python
