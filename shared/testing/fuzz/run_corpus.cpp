// The main function of a fuzz target in builds without libFuzzer: runs the target once for each
// file.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", *arguments);
        return 2;
    }
    int files = 0;
    for (auto const& entry : std::filesystem::directory_iterator{arguments[1]}) {
        std::printf("%s\n", entry.path().c_str());
        std::fflush(stdout); // the last line names the file that ends the program
        std::ifstream file{entry.path(), std::ios::binary};
        std::string const text{std::istreambuf_iterator<char>{file}, {}};
        // A copy of the exact size: reading behind its end is an error.
        std::vector<std::uint8_t> const bytes{text.begin(), text.end()};
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++files;
    }
    return files > 0 ? 0 : 1;
}
