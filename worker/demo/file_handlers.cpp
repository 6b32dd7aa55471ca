#include "file_handlers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace demo {

struct large_file {
    std::string path;
    std::int64_t bytes = 0;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(large_file, path, bytes)

struct file_sums {
    std::int64_t packages = 0;
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    std::int64_t missing = 0;
    std::vector<large_file> largest;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(file_sums, packages, files, bytes, missing, largest)

namespace {

using nlohmann::json;
using tasker::worker::permanent_error;
using tasker::worker::retryable_error;

constexpr std::size_t largest_kept = 5;

/// Keeps the largest; the path decides between equals, so that the order is always the same.
void keep_largest(std::vector<large_file>& files) {
    std::ranges::sort(files, [](large_file const& left, large_file const& right) {
        return left.bytes != right.bytes ? left.bytes > right.bytes : left.path < right.path;
    });
    files.erase(
        std::unique(files.begin(), files.end(),
                    [](auto const& left, auto const& right) { return left.path == right.path; }),
        files.end());
    files.resize(std::min(files.size(), largest_kept));
}

void add_file(file_sums& sums, std::string const& root, std::string const& path) {
    struct stat found {};
    if (::lstat((root + path).c_str(), &found) != 0) {
        sums.missing += errno == ENOENT ? 1 : 0;
        return;
    }
    if (S_ISREG(found.st_mode)) {
        ++sums.files;
        sums.bytes += found.st_size;
        sums.largest.push_back({path, found.st_size});
    }
}

std::vector<std::filesystem::path> package_lists(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> lists;
    for (auto const& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() == ".list") {
            lists.push_back(entry.path());
        }
    }
    std::ranges::sort(lists);
    return lists;
}

file_sums sum_of_parents(step_context const& step) {
    file_sums total;
    for (auto const& parent : step.parents()) {
        auto const part = parent.get<file_sums>();
        total.packages += part.packages;
        total.files += part.files;
        total.bytes += part.bytes;
        total.missing += part.missing;
        total.largest.insert(total.largest.end(), part.largest.begin(), part.largest.end());
    }
    keep_largest(total.largest);
    return total;
}

std::string megabytes(std::int64_t bytes) {
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1024 / 1024);
}

std::string render(file_sums const& sums) {
    auto text = fmt::format("{} files of {} packages, {}; {} listed paths do not exist\n\n"
                            "Largest files\n",
                            sums.files, sums.packages, megabytes(sums.bytes), sums.missing);
    for (auto const& each : sums.largest) {
        text += fmt::format("{:>12}  {}\n", megabytes(each.bytes), each.path);
    }
    return text;
}

} // namespace

step_result measure_files(step_context const& step) {
    auto const begun = std::chrono::steady_clock::now();
    auto const& settings = step.initialization();
    auto const folder = settings.at("folder").get<std::string>();
    auto const root = settings.value("root", "");
    auto const parts = settings.at("parts").get<std::size_t>();
    file_sums sums;
    try {
        auto const lists = package_lists(folder);
        for (auto i = settings.at("part").get<std::size_t>(); i < lists.size(); i += parts) {
            std::ifstream list{lists[i]};
            if (!list) {
                return retryable_error("cannot open " + lists[i].string(), "cannot_read");
            }
            for (std::string path; std::getline(list, path);) {
                add_file(sums, root, path);
            }
            ++sums.packages;
        }
    } catch (std::filesystem::filesystem_error const& failure) {
        return failure.code() == std::errc::no_such_file_or_directory
                   ? permanent_error(failure.what(), "cannot_read")
                   : retryable_error(failure.what(), "cannot_read");
    }
    keep_largest(sums.largest);
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    step.wait_for(std::chrono::milliseconds{settings.value("at_least_ms", 0)} - took);
    return json(sums);
}

step_result add_up_files(step_context const& step) {
    return json(sum_of_parents(step));
}

step_result report_files(step_context const& step) {
    auto const sums = sum_of_parents(step);
    json report(sums);
    report["text"] = render(sums);
    return report;
}

} // namespace demo
