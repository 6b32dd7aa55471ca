#include "initialize.hpp"

namespace tasker::private_postgres {

result<void> initialize(cluster_folder const& folder, server_programs const& programs,
                        bool is_durable, deadline until) {
    std::filesystem::path const unfinished = folder.path / "data.new";
    std::error_code failure;
    std::filesystem::remove_all(unfinished, failure);
    if (auto made = make_private_folder(unfinished, folder.server_user); !made) {
        return made;
    }
    // Everyone who can open the socket may log in, and only its owner can open it; see
    // private_cluster.
    process::child_options options{.argv = {programs.initdb(), "--pgdata=" + unfinished.string(),
                                            "--username=postgres", "--encoding=UTF8", "--locale=C",
                                            "--auth-local=trust", "--auth-host=reject"},
                                   .directory = "/",
                                   .run_as = folder.server_user};
    if (!is_durable) {
        options.argv.emplace_back("--no-sync");
    }
    auto const done = process::run_program(std::move(options), until);
    if (!done) {
        return make_error(done.error().code, "initdb: " + done.error().message);
    }
    if (!done->status.is_success()) {
        return make_error(errc::unavailable,
                          "initdb: " + to_string(done->status) + ": " + done->err);
    }
    std::filesystem::rename(unfinished, folder.data(), failure);
    if (failure) {
        return process::system_failure("could not rename " + unfinished.string(), failure.value());
    }
    return {};
}

} // namespace tasker::private_postgres
