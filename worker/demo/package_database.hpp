#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace demo {

/// An installed package of this machine.
struct package {
    std::string name;
    std::string section;
    std::int64_t installed_size_kb = 0;
    std::vector<std::string> depends; ///< names, each once, sorted
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(package, name, section, installed_size_kb, depends)

/// Reads dpkg's database (Debian Policy, chapter 5: paragraphs of fields). Only paragraphs with the
/// status "install ok installed" count. `depends` joins Depends and Pre-Depends; every name in them
/// counts, each alternative of "a | b" too; versions and architectures are dropped.
std::vector<package> read_package_database(std::istream& from);

} // namespace demo
