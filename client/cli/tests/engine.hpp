#pragma once

#include "tasker_program.hpp"

#include "tasker/testing/service.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::cli {

/// An orchestrator, optionally a worker, and the program under test.
class Engine : public ::testing::Test {
protected:
    Engine();

    void start_worker();

    /// Writes a template into a file that only this test uses.
    std::filesystem::path write_template(std::string_view yaml) const;

    /// Registers the template and fails the test if that fails.
    void register_template(std::string_view yaml) const;

    /// Creates a task and returns its id.
    std::string create(std::vector<std::string> args) const;

    testing::temporary_folder folder_;
    testing::test_database database_;
    testing::service orchestrator_;
    std::optional<testing::service> worker_;
    tasker_program tasker_;
};

/// Two steps that return immediately.
inline constexpr std::string_view quick_template = R"(name: quick
version: 1.0.0
steps:
  - name: first
    handler: {callable: tasker.echo}
  - name: second
    handler: {callable: tasker.noop}
    dependencies: [first]
)";

/// A step that fails permanently.
inline constexpr std::string_view failing_template = R"(name: failing
version: 1.0.0
steps:
  - name: broken
    handler: {callable: tasker.fail, initialization: {permanent: true, message: no luck today}}
)";

} // namespace tasker::cli
