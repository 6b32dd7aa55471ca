#include "tasker/sql/error.hpp"

namespace tasker::sql {

namespace {

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker.sql";
    }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::could_not_connect:
            return "could not connect";
        case errc::server_too_old:
            return "server too old";
        case errc::wrong_encoding:
            return "wrong encoding";
        case errc::read_only:
            return "read-only";
        case errc::not_migrated:
            return "not migrated";
        case errc::outdated:
            return "schema outdated";
        case errc::newer_schema:
            return "schema newer than the program";
        case errc::changed_migration:
            return "applied migration changed";
        case errc::busy:
            return "busy";
        case errc::pgmq_unusable:
            return "PGMQ unusable";
        case errc::script_failed:
            return "script failed";
        case errc::failed:
            return "failed";
        }
        return "unknown error";
    }
};

} // namespace

boost::system::error_category const& error_category() noexcept {
    static category const instance;
    return instance;
}

} // namespace tasker::sql
